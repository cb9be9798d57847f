// Makes recorded traces of what PyTorch's profiler wrote on two GPUs: keeps the GPU kernels, and tells each which part
// of which layer it is, by its place in the order of launches, which the program that was profiled fixes.
//
//     node scripts/label_traces.mjs FROM/LABEL TO
//
// reads FROM/LABEL.CONNECTIVITY-SCHEDULE.rankN.json.gz and writes TO/CONNECTIVITY-SCHEDULE.rankN.json.gz. Times, names,
// streams and sizes stay as the profiler wrote them. It refuses a trace whose kernels are others than the order says.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const LAYERS = 8;
const BYTES = { BFloat16: 2, Float: 4 };

/** Kernels of a part, in order: what they do, of which block; `is`: what the kernel's name has in it. */
const times = (count, kernel) => Array.from({ length: count }, () => kernel);
const attention = (operation, is = '') => ({ block: 'attention', operation, is });
const router = (operation, is = '') => ({ block: 'router', operation, is });
const routed = (operation, is = '') => ({ block: 'routed', operation, is });
const shared = (operation, is = '') => ({ block: 'shared', operation, is });
const PARTS = {
  qkv: [
    attention('norm', 'layer_norm'),
    attention('q', 'nvjet'),
    attention('k, v down', 'nvjet'),
    attention('copy k, v'),
    attention('norm k, v', 'layer_norm'),
    attention('k, v up', 'nvjet'),
    ...times(6, attention('rotate k')),
    attention('rotate k', 'CatArray'),
    ...times(6, attention('rotate q')),
    attention('rotate q', 'CatArray'),
    attention('join q', 'CatArray'),
    attention('join k', 'CatArray'),
    attention('pad v', 'Fill'),
    attention('pad v'),
  ],
  core: [attention('core attention', 'sdpa'), attention('copy heads'), attention('output', 'nvjet')],
  router: [
    router('norm', 'layer_norm'),
    router('gate', 'nvjet'),
    router('to f32'),
    router('softmax', 'softmax'),
    ...times(2, router('top-k')),
    router('sum', 'reduce'),
    router('to bf16', 'bfloat16_copy'),
    router('permute', 'gather'),
  ],
  dispatch: [{ block: 'dispatch', operation: 'Dispatch', is: 'ncclDevKernel_SendRecv' }],
  experts: [
    routed('expert rows', 'gather'),
    routed('expert plan', 'prepare_grouped'),
    routed('experts gate, up', 'cutlass'),
    ...times(2, routed('experts SwiGLU')),
    routed('expert plan', 'prepare_grouped'),
    routed('experts down', 'cutlass'),
    routed('sum experts', 'Fill'),
    routed('sum experts', 'indexFunc'),
  ],
  combine: [{ block: 'combine', operation: 'Combine', is: 'ncclDevKernel_SendRecv' }],
  shared: [shared('gate, up', 'nvjet'), ...times(2, shared('SwiGLU')), shared('down', 'nvjet')],
  back: [routed('un-permute', 'Fill'), routed('un-permute', 'indexFunc'), routed('un-permute')],
  add: [{ block: 'residual', operation: 'add', is: 'CUDAFunctor_add' }],
  // What the ranks meet by once the run has ended.
  barrier: [
    { block: 'residual', operation: 'barrier', is: 'Fill' },
    { block: 'all-reduce', operation: 'barrier', is: 'ncclDevKernel_AllReduce' },
  ],
};

/** The parts in the order in which the program launches them, each with its layer. */
function launched(connectivity, schedule) {
  const layers = Array.from({ length: LAYERS }, (_, layer) => {
    const own = (...parts) => parts.map((part) => [part, layer]);
    // The routed output of the layer before is added when it is first read.
    const before = layer === 0 ? [] : [['back', layer - 1], ...own('add')];
    if (connectivity === 'farskip')
      return [
        ...own('qkv'),
        ...before,
        ...own('router', 'dispatch', 'core', 'experts', 'combine', 'add', 'shared', 'add'),
      ];
    return [
      ...before,
      ...own('qkv', 'core', 'add', 'router', 'dispatch'),
      ...(schedule === 'overlapped'
        ? own('shared', 'experts', 'combine', 'add')
        : own('experts', 'combine', 'shared', 'add')),
    ];
  });
  return [...layers.flat(), ['back', LAYERS - 1], ['add', LAYERS - 1], ['barrier', null]].flatMap(([part, layer]) =>
    PARTS[part].map((kernel) => ({ ...kernel, layer })),
  );
}

/** Bytes that a collective moves to or from other ranks: the rank's own part stays where it is. */
function bytesOf(args, direction, rank) {
  const split = JSON.parse(args[`${direction} split size`] || '[]');
  const rows = split.reduce((sum, count) => sum + count, 0);
  if (rows === 0) return {};
  const all = args[`${direction} msg nelems`] * BYTES[args.dtype];
  return { [direction === 'In' ? 'sent' : 'received']: (all * (rows - split[rank])) / rows };
}

function labelled(trace, connectivity, schedule, file) {
  const { rank } = trace.distributedInfo;
  const kernels = trace.traceEvents
    .filter(({ ph, cat }) => ph === 'X' && cat === 'kernel')
    .toSorted((a, b) => a.args.correlation - b.args.correlation);
  const order = launched(connectivity, schedule);
  if (kernels.length !== order.length)
    throw new Error(`${file} has ${kernels.length} kernels; the program launches ${order.length}.`);
  return kernels.map(({ ph, cat, name, pid, tid, ts, dur, args }, op) => {
    const { block, operation, layer, is } = order[op];
    if (!name.includes(is)) throw new Error(`${file}: kernel ${op} is ${name}; “${operation}” has ${is} in its name.`);
    const communicates = name.startsWith('nccl');
    const own = {
      device: args.device,
      stream: args.stream,
      correlation: args.correlation,
      ...(communicates && { 'Collective name': args['Collective name'] }),
      ...{ op, operation, block, layer, clock: 'gpu' },
      ...(communicates && { ...bytesOf(args, 'In', rank), ...bytesOf(args, 'Out', rank) }),
    };
    return { ph, cat, name, pid, tid, ts, dur, args: own };
  });
}

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('node scripts/label_traces.mjs FROM/LABEL TO');
  process.exit(2);
}
mkdirSync(to, { recursive: true });
for (const file of readdirSync(dirname(from))) {
  const found = file.startsWith(`${basename(from)}.`) && /\.(\w+)-(\w+)\.rank\d+\.json\.gz$/.exec(file);
  if (!found) continue;
  const [rest, connectivity, schedule] = found;
  const trace = JSON.parse(gunzipSync(readFileSync(join(dirname(from), file))));
  const { schemaVersion, deviceProperties, distributedInfo, displayTimeUnit, baseTimeNanoseconds } = trace;
  const traceEvents = labelled(trace, connectivity, schedule, file);
  const kept = { schemaVersion, deviceProperties, distributedInfo, displayTimeUnit, baseTimeNanoseconds, traceEvents };
  const written = gzipSync(JSON.stringify(kept), { level: 9 });
  writeFileSync(join(to, rest.slice(1)), written);
  console.log(`${rest.slice(1)}: ${traceEvents.length} kernels, ${written.length} bytes`);
}
