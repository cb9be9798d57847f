import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createExecutable } from '../../src/cluster/executable';
import { feedOf, wholeSequences } from '../../src/cluster/feed';
import { connectivityOf } from '../../src/connectivity/connectivity';
import { namedSwitches } from '../../src/connectivity/switches';
import { deploy, type Lab } from '../../src/lab/lab';
import { seededRandom } from '../../src/lab/statistics';
import { openCheckpoint } from '../../src/model/checkpoint';
import { within } from '../../src/model/source';
import { linksOf, type Topology } from '../../src/network/topology';
import { LOGITS } from '../../src/program/lower';

const RUNS = 200;
const STEADY = 20;
setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** 200 runs in a row, over links with jitter and a straggler: how many buffers and bytes of heap the last keeps more than the twentieth, and how many different results there were. */
export async function endure(lab: Lab): Promise<{ buffersGrown: number; heapGrown: number; results: number }> {
  const { device } = lab.engine.gpu;
  const plan = { kind: 'ep', ranks: 4 } as const;
  const model = await deploy(lab, await openCheckpoint(within(lab.source, 'test/oracle/fixtures/qwen3_moe')), plan);
  const { spec } = model.checkpoint;
  const connectivity = connectivityOf(spec, namedSwitches('farskip', spec));
  const executable = await createExecutable(model.cluster, spec, connectivity, {
    wire: 'bf16',
    allReduce: 'direct',
    logits: 'last',
    hidden: false,
    cached: false,
  });
  const orders = executable.schedule('overlapped', () => 1);
  const sequences = [0, 1, 2, 3].map((i) => [1, 2 + i, 3, 5, 8]);
  const feeds = sequences.map((own, rank) => feedOf(rank, 4, spec, wholeSequences([own]), 0));
  const link = { latencyMs: 0.02, bytesPerMs: 1e6 };
  const topology: Topology = { nodes: 2, within: link, between: { ...link, latencyMs: 0.1 }, jitter: 0.5, slow: { rank: 3, times: 2 } };

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
  const seen = new Set<string>();
  let steady = { alive: 0, heap: 0 };
  let last = steady;
  for (let run = 0; run < RUNS; run++) {
    const { outputs } = await executable.run(orders, feeds, {
      linkBetween: linksOf(topology, 4, seededRandom(run)),
      pause: lab.pause,
    });
    seen.add(outputs.map((own) => own.get(LOGITS)!.join()).join());
    if (run !== STEADY && run !== RUNS - 1) continue;
    collectGarbage();
    last = { alive, heap: process.memoryUsage().heapUsed };
    if (run === STEADY) steady = last;
  }
  executable.destroy();
  model.cluster.destroy();
  return { buffersGrown: last.alive - steady.alive, heapGrown: last.heap - steady.heap, results: seen.size };
}
