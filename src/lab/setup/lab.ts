import { type Cluster, createCluster } from '../../cluster/cluster';
import { createPause, type Pause } from '../../cluster/pause';
import { type Gpu, openGpu } from '../../gpu/device';
import { createEngine, type Engine } from '../../gpu/engine';
import type { Checkpoint } from '../../model/checkpoint';
import type { Plan } from '../../model/plan';
import type { Source } from '../../model/source';
import { selfTest } from './self_test';
import type { SelfTest } from './self_test_result';
import { NO_STORE, recallTuned, type TunedStore } from './tuning';
import { createIncidents, type Incidents } from './watch';

/** What an experiment runs with: an engine on some GPU, where files are, a way to wait, and the runtime's name. */
export type Lab = {
  readonly engine: Engine;
  /** Files by path or address: the site's, or the disk's. */
  readonly source: Source;
  /** Files handed over with the job: those dropped on the page. */
  readonly dropped: Source | null;
  readonly pause: Pause;
  readonly runtime: string;
  readonly selfTest: SelfTest;
  readonly incidents: Incidents;
  readonly tunedStore: TunedStore;
  readonly close: () => void;
};

/**
 * A lab on an opened GPU; tests it first. `tunedStore`: where it is kept which kernels did best; `incidents`: what is
 * told of the page, where there is one.
 */
export async function openLab(
  gpu: Gpu,
  source: Source,
  runtime: string,
  tunedStore: TunedStore = NO_STORE,
  incidents: Incidents = createIncidents(),
): Promise<Lab> {
  const engine = createEngine(gpu);
  const pause = createPause(gpu, (ms) => incidents.tell({ kind: 'late', at: performance.now(), ms }));
  const close = () => {
    pause.close();
    engine.destroy();
    gpu.device.destroy();
  };
  const tested = await selfTest(engine, pause);
  await recallTuned(engine, tunedStore);
  return { engine, source, dropped: null, pause, runtime, selfTest: tested, incidents, tunedStore, close };
}

/** How ranks are backed: by one GPUDevice that they share, or by one each. */
export type Backing = 'shared' | 'separate';

/** The engine of each rank, until they are closed. Throws GpuUnavailable when the GPU gives no more devices. */
type Engines = { readonly ofRank: readonly Engine[]; readonly close: () => void };

export async function openEngines({ engine }: Lab, backing: Backing, ranks: number): Promise<Engines> {
  const others: Engine[] = [];
  const close = () => {
    for (const other of others) {
      other.destroy();
      other.gpu.device.destroy();
    }
  };
  try {
    if (backing === 'separate')
      while (others.length < ranks - 1)
        others.push(createEngine(await openGpu(engine.gpu.instance, engine.gpu.preference)));
    return {
      ofRank: Array.from({ length: ranks }, (_, rank) =>
        rank === 0 || backing === 'shared' ? engine : others[rank - 1]!,
      ),
      close,
    };
  } catch (cause) {
    close();
    throw cause;
  }
}

/** A checkpoint spread over ranks. */
export type Deployed = { readonly checkpoint: Checkpoint; readonly cluster: Cluster };

type DeployOptions = {
  /** Of each rank; left out: the lab's own for all. */
  readonly engines?: readonly Engine[];
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
};

/** Positions that the RoPE table covers: what the model has, but no more than a page could hold keys for. */
const MOST_POSITIONS = 32768;
export const positionsOf = ({ maxPositions }: { readonly maxPositions: number }): number =>
  Math.min(maxPositions, MOST_POSITIONS);

/** Reads or draws a checkpoint's weights onto emulated devices. Throws InputError when they don't fit. */
export const deploy = async (
  { engine }: Lab,
  checkpoint: Checkpoint,
  plan: Plan,
  { engines = new Array<Engine>(plan.ranks).fill(engine), onProgress, signal }: DeployOptions = {},
): Promise<Deployed> => ({
  checkpoint,
  cluster: await createCluster(engines, checkpoint.spec, checkpoint.weights, plan, {
    positions: positionsOf(checkpoint.spec),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  }),
});
