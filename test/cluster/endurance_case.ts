import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createExecutable, type Executable } from '../../src/cluster/executable';
import { feedOf, wholeSequences } from '../../src/cluster/feed';
import { tableOf } from '../../src/connectivity/methods';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { linksOf, type Topology } from '../../src/network/topology';
import { LOGITS } from '../../src/program/lower';
import type { Order } from '../../src/schedule/orders';

/** Share of the repetitions after which what is kept should grow no more: until then V8 compiles what it runs. */
const STEADY = 0.2;
setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is kept more after the last repetition than after that share. */
export type Growth = { readonly buffers: number; readonly heap: number };
/** No buffer, and of heap no more than garbage collection leaves. */
export const isSteady = ({ buffers, heap }: Growth): boolean => buffers === 0 && heap < 1e6;

const LINK = { latencyMs: 0.02, bytesPerMs: 1e6 };
const TOPOLOGY: Topology = {
  nodes: 2,
  within: LINK,
  between: { ...LINK, latencyMs: 0.1 },
  jitter: 0.5,
  slow: { rank: 3, times: 2 },
};

async function prepare(lab: Lab) {
  const model = await deploy(lab, await openCheckpoint(within(lab.source, 'test/oracle/fixtures/qwen3_moe')), {
    kind: 'ep',
    ranks: 4,
  });
  const { spec } = model.checkpoint;
  const connectivity = tableOf('farskip', spec);
  const feeds = [0, 1, 2, 3].map((rank) => feedOf(rank, 4, spec, wholeSequences([[1, 2 + rank, 3, 5, 8]])));
  return {
    model,
    make: (cached: boolean): Promise<Executable> => {
      const options = { wire: 'bf16', allReduce: 'direct', logits: 'last', hidden: false, cached } as const;
      return createExecutable(
        model.cluster,
        spec,
        connectivity,
        options,
        feeds.map(() => new Map([['cache', 5]])),
      );
    },
    /** Answers the logits of all ranks as text. */
    run: async (executable: Executable, orders: readonly Order[], seed: number): Promise<string> => {
      const { outputs } = await executable.run(orders, feeds, {
        linkBetween: linksOf(TOPOLOGY, 4, seed),
        pause: lab.pause,
      });
      return outputs.map((own) => own.get(LOGITS)!.join()).join();
    },
  };
}

/** Does something again and again, and tells how much more is kept in the end. */
async function growthOver(lab: Lab, times: number, once: (i: number) => Promise<void>): Promise<Growth> {
  const { device } = lab.engine.gpu;
  let alive = 0;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    alive++;
    buffer.destroy = () => {
      alive--;
      return destroy();
    };
    return buffer;
  };
  const kept = async () => {
    // What finalizers free is free after a turn, and on a busy machine after some.
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await new Promise((done) => setTimeout(done));
    }
    collectGarbage();
    return { buffers: alive, heap: process.memoryUsage().heapUsed };
  };
  let steady = { buffers: 0, heap: 0 };
  for (let i = 0; i < times; i++) {
    await once(i);
    if (i === Math.round(STEADY * times)) steady = await kept();
  }
  const last = await kept();
  device.createBuffer = create;
  return { buffers: last.buffers - steady.buffers, heap: last.heap - steady.heap };
}

/**
 * 200 runs of one executable in a row, over links with jitter and a straggler; `results`: how many different ones there
 * were.
 */
export async function endureRuns(lab: Lab): Promise<Growth & { readonly results: number }> {
  const { model, make, run } = await prepare(lab);
  const executable = await make(false);
  const orders = executable.schedule('overlapped', () => 1);
  const seen = new Set<string>();
  const growth = await growthOver(lab, 200, async (i) => {
    seen.add(await run(executable, orders, i));
  });
  executable.destroy();
  model.cluster.destroy();
  return { ...growth, results: seen.size };
}

/** 1,000 executables made and freed, with caches and without; each `every`-th is run. */
export async function endureExecutables(lab: Lab, every: number): Promise<Growth & { readonly results: number }> {
  const { model, make, run } = await prepare(lab);
  const seen = new Set<string>();
  const growth = await growthOver(lab, 1000, async (i) => {
    const executable = await make(i % 2 === 1);
    if (i % every === 0)
      seen.add(
        await run(
          executable,
          executable.schedule('overlapped', () => 1),
          i,
        ),
      );
    executable.destroy();
  });
  model.cluster.destroy();
  return { ...growth, results: seen.size };
}
