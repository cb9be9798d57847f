import { type Cluster, createCluster } from '../cluster/cluster';
import type { Pause } from '../cluster/pause';
import type { Engine } from '../gpu/engine';
import type { Checkpoint, ReadFile } from '../model/checkpoint';

/** What an experiment runs with: an engine on some GPU, a way to read files, a way to wait, and the runtime's name. */
export type Lab = { readonly engine: Engine; readonly read: ReadFile; readonly pause: Pause; readonly runtime: string };

/** A checkpoint spread over ranks. */
export type Deployed = { readonly checkpoint: Checkpoint; readonly cluster: Cluster };

export const deploy = (lab: Lab, checkpoint: Checkpoint, ranks: number): Deployed => ({
  checkpoint,
  cluster: createCluster(lab.engine, checkpoint.spec, checkpoint.tensors, ranks),
});
