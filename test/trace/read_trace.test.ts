import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { newRun } from '../../src/lab/runs/lab_run';
import { parseRunFile, toRunFile } from '../../src/lab/runs/run_file';
import { isCommunication, kernelKind } from '../../src/trace/kernel_kinds';
import { hiddenShare, overlapOf } from '../../src/trace/overlap';
import { traceRuns } from '../../src/trace/trace_runs';
import { hasCommunication, traceOverlaps, traceSpans } from '../../src/trace/trace_spans';
import { readTexts, spansOf } from './read_texts';

// Traces as people have them, each small and of a kind.

const kernel = (name: string, ts: unknown, dur: unknown, more: object = {}) => ({
  ph: 'X',
  cat: 'kernel',
  name,
  pid: 0,
  tid: 7,
  ts,
  dur,
  args: { stream: 7 },
  ...more,
});
const GEMM = kernel('sm90_xmma_gemm', 0, 100);
const SENDS = kernel('ncclDevKernel_SendRecv(x)', 50, 100, { tid: 20 });
const EVENTS = [GEMM, SENDS];
const trace = (events: readonly unknown[], more: object = {}) => JSON.stringify({ ...more, traceEvents: events });
const later = (base: number | string, events: readonly (typeof GEMM)[] = EVENTS) =>
  // As digits: a double would not keep them.
  trace(events.map((event) => ({ ...event, ts: `#${base}${(event as typeof GEMM).ts}#` }))).replaceAll(/"#|#"/g, '');
const inUtf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]);

/** What `overlap` says of the only run in files: compute, communication, hidden, in ms, a rank each. */
async function table(files: Parameters<typeof readTexts>[0]): Promise<number[][]> {
  const [run, ...others] = traceRuns(await readTexts(files));
  expect(others).toEqual([]);
  const told = traceOverlaps(run!.files);
  const { spans } = traceSpans(run!.files);
  for (const { rank, ...own } of told) {
    const drawn = overlapOf(spans, rank);
    for (const key of ['computeMs', 'commMs', 'hiddenMs'] as const) expect(drawn[key]).toBeCloseTo(own[key], 9);
  }
  return told.map(({ rank, ...own }) =>
    [rank, own.computeMs, own.commMs, own.hiddenMs].map((value) => Number(value.toFixed(9))),
  );
}
const HALF = [[0, 0.1, 0.1, 0.05]];

test.each([
  ['as it is', trace(EVENTS)],
  ['a list of events', JSON.stringify(EVENTS)],
  [
    'a list without its last bracket, as the format lets it be',
    `[\n${EVENTS.map((e) => JSON.stringify(e)).join(',\n')},\n`,
  ],
  ['an object whose last brackets are missing', trace(EVENTS).slice(0, -2)],
  ['an object that lacks its last bracket', `${trace(EVENTS).slice(0, -1)},"traceName":"a","displayTimeUnit":"ms"`],
  [
    'behind many other entries',
    trace(EVENTS, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`meta${i}`, { traceEvents: [i] }]))),
  ],
  ['with a byte order mark', `\ufeff${trace(EVENTS)}`],
  ['in UTF-16', inUtf16(trace(EVENTS))],
  ['gzipped, whatever it is called', new Uint8Array(gzipSync(trace(EVENTS)))],
  ['whose times are texts', trace(EVENTS.map((event) => ({ ...event, ts: String(event.ts), dur: String(event.dur) })))],
  ['of several categories', trace(EVENTS.map((event) => ({ ...event, cat: 'gpu, kernel' })))],
  ['of PyTorch 1.8', trace(EVENTS.map((event) => ({ ...event, cat: 'Kernel', tid: 'stream 7' })))],
  [
    'of the profiler before Kineto',
    JSON.stringify(EVENTS.map(({ cat, ...event }) => ({ ...event, pid: 'CUDA functions', tid: 0 }))),
  ],
  [
    'beside launches and CPU work',
    trace([...EVENTS, { ...GEMM, cat: 'cpu_op', dur: 900 }, { ...GEMM, cat: 'cuda_runtime' }, { ph: 'M' }, 7, null]),
  ],
])('a trace %s', async (_, content) => {
  expect(await table({ 'rank0.json': content })).toEqual(HALF);
});

test.each([
  [
    'since 1970, in whole microseconds',
    later('17000000000000', [
      { ...GEMM, ts: '00' },
      { ...SENDS, ts: '50' },
    ]),
    HALF,
  ],
  [
    'since 1970, with nanoseconds',
    later('17119646460000', [
      { ...GEMM, ts: '00.001', dur: 0.9 },
      { ...SENDS, ts: '00.801', dur: 0.4 },
    ]),
    [[0, 0.0009, 0.0004, 0.0001]],
  ],
  [
    'since a base in nanoseconds',
    trace(
      [
        { ...GEMM, ts: 5000000.123, dur: 0.9 },
        { ...SENDS, ts: 5000000.923, dur: 0.4 },
      ],
      {
        distributedInfo: { rank: 3 },
      },
    ).replace('{"dist', '{"baseTimeNanoseconds":1711964646000000123,"dist'),
    [[3, 0.0009, 0.0004, 0.0001]],
  ],
])('times %s, are exact to the nanosecond', async (_, content, wanted) => {
  expect(await table({ 'a.json': content })).toEqual(wanted);
});

test('a trace that is saved and opened again is the same to the nanosecond', async () => {
  const result = await spansOf({ a: trace([{ ...GEMM, ts: 0.001, dur: 1234.567 }, SENDS]) });
  const run = newRun({ kind: 'trace', result }, 'a', null, '2026-01-02T00:00:00.000Z');
  expect(parseRunFile('a.json', toRunFile(run))).toEqual(run);
});

test('ranks begin when they did, though their bases lie apart and differ by a nanosecond', async () => {
  const based = (rank: number, base: string) =>
    trace(EVENTS, { distributedInfo: { rank } }).replace('{', `{"baseTimeNanoseconds":${base},`);
  const { spans, ranks } = await spansOf({
    'a_0.json': based(0, '1711964646000000000'),
    'a_1.json': based(1, '1711964646000000001'),
  });
  expect(ranks).toBe(2);
  const firstOf = (own: number) => Math.min(...spans.filter(({ rank }) => rank === own).map(({ start }) => start));
  expect([firstOf(0), firstOf(1)]).toEqual([0, 1e-6]);
});

test('several GPU processes of a file are several ranks, whatever its distributedInfo', async () => {
  const of = (pid: unknown, compute: number, sends: number) => [
    { ...GEMM, pid, ts: compute },
    { ...SENDS, pid, ts: sends },
  ];
  const info = { distributedInfo: { rank: 0, world_size: 2 } };
  expect(await table({ 'merged.json': trace([...of('[TP00] 0', 0, 100), ...of('[TP01] 1', 100, 0)], info) })).toEqual([
    [0, 0.1, 0.1, 0],
    [1, 0.1, 0.1, 0],
  ]);
  const ten = Array.from({ length: 11 }, (_, i) => of(i, 0, i)).flat();
  expect((await table({ 'a.json': trace(ten) })).map(([rank, , , hidden]) => [rank, hidden])).toEqual(
    Array.from({ length: 11 }, (_, i) => [i, (100 - i) / 1000]),
  );
});

test('a process of which all records were lost is no rank', async () => {
  const stray = { ...GEMM, pid: 1, ts: 9e15 };
  expect(await table({ 'a.json': trace([stray, ...EVENTS], { distributedInfo: { rank: '4' } }) })).toEqual([
    [4, 0.1, 0.1, 0.05],
  ]);
});

test('of a job only the ranks that have a file are told', async () => {
  const of = (rank: number) => trace(EVENTS, { distributedInfo: { rank } });
  expect((await table({ 'a.json': of(5), 'b.json': of(2) })).map(([rank]) => rank)).toEqual([2, 5]);
});

const rank = (own: number) => trace(EVENTS, { distributedInfo: { rank: own } });
test.each([
  [
    'of two folders',
    { 'x/new/r0.json': rank(0), 'x/new/r1.json': rank(1), 'x/old/r0.json': rank(0), 'x/old/r1.json': rank(1) },
    ['new/r', 'old/r'],
  ],
  [
    'of two folders, of which one has more ranks, in a folder a node',
    {
      'new/node0/rank0.json': rank(0),
      'new/node0/rank1.json': rank(1),
      'old/node0/rank0.json': rank(0),
      'old/node0/rank1.json': rank(1),
      'old/node1/rank2.json': rank(2),
      'old/node1/rank3.json': rank(3),
    },
    ['new/node0', 'old/node0'],
  ],
  [
    'of a folder a rank, in a folder each',
    {
      'run1/rank0/t.json': rank(0),
      'run1/rank1/t.json': rank(1),
      'run2/rank0/t.json': rank(0),
      'run2/rank1/t.json': rank(1),
    },
    ['run1/t', 'run2/t'],
  ],
  [
    'of numbers, of which one has more ranks',
    {
      'run1_rank0.json': rank(0),
      'run1_rank1.json': rank(1),
      'run2_rank0.json': rank(0),
      'run2_rank1.json': rank(1),
      'run2_rank2.json': rank(2),
    },
    ['run1', 'run2'],
  ],
  [
    'of names that say no more than when',
    {
      'dp0_tp0_rank0.1753.json': rank(0),
      'dp0_tp1_rank1.1754.json': rank(1),
      'dp0_tp0_rank0.1899.json': rank(0),
      'dp0_tp1_rank1.1898.json': rank(1),
    },
    ['dp0', 'dp0 (2)'],
  ],
  [
    'of a folder a rank',
    { 'rank0/b.json': rank(0), 'rank0/a.json': rank(0), 'rank1/a.json': rank(1), 'rank1/b.json': rank(1) },
    ['b', 'a'],
  ],
  [
    'of two names',
    { 'a_rank0.json.gz': rank(0), 'a_rank1.json.gz': rank(1), 'b_rank0.json.gz': rank(0), 'b_rank1.json.gz': rank(1) },
    ['a', 'b'],
  ],
  ['of names that say nothing', { '17.pt.trace.json': rank(0), '18.pt.trace.json': rank(0) }, ['17', '18']],
  ['that say no rank', { 'before.json': trace(EVENTS), 'after.json': trace(EVENTS) }, ['before', 'after']],
  [
    'one of which has all ranks',
    { 'x.json': trace([...EVENTS, { ...GEMM, pid: 1 }]), 'y_rank0.json': rank(0), 'y_rank1.json': rank(1) },
    ['x', 'y'],
  ],
])('two runs %s stay two', async (_, files, names) => {
  const runs = traceRuns(await readTexts(files));
  expect(runs.map(({ name }) => name)).toEqual(names);
  expect(runs.flatMap(({ files: own }) => own.map(({ name }) => name)).sort()).toEqual(Object.keys(files).sort());
  for (const { files: own } of runs) expect(new Set(own.map((file) => file.rank)).size).toBe(own.length);
});

test('two runs whose names mix are told apart by when they were recorded', async () => {
  const at = (own: number, base: number) => rank(own).replace('{', `{"baseTimeNanoseconds":${base}000000000,`);
  const runs = traceRuns(
    await readTexts({
      'h_100.json': at(0, 1711964646),
      'h_101.json': at(0, 1711964999),
      'h_102.json': at(1, 1711964999),
      'h_103.json': at(1, 1711964646),
    }),
  );
  expect(runs.map(({ files }) => files.map(({ name }) => name))).toEqual([
    ['h_100.json', 'h_103.json'],
    ['h_101.json', 'h_102.json'],
  ]);
});

test.each([
  [['host.regular.rank0.json.gz', 'host.regular.rank1.json.gz'], 'host.regular'],
  [['job_TP-0.trace.json.gz', 'job_TP-1.trace.json.gz'], 'job'],
  [['mine/0.json', 'mine/1.json'], 'mine'],
  [['lone.pt.trace.json'], 'lone'],
])('a run of %s is called %s', async (names, called) => {
  const runs = traceRuns(await readTexts(Object.fromEntries(names.map((name, i) => [name, rank(i)]))));
  expect(runs.map(({ name }) => name)).toEqual([called]);
});

test('what the profiler lost is left out and counted', async () => {
  const lost = [
    kernel('volta_sgemm', 0, 0),
    kernel('b', '1800000000000000', -5),
    kernel('c', '18446744073709551.615', 3),
    kernel('d', 'NaN', 3),
    kernel('e', '1700000000000000', '18446744073709551615'),
    kernel('f', undefined, undefined),
    kernel('g', '9'.repeat(400), 3),
  ];
  const [read] = await readTexts({
    a: later('17000000000000', [
      { ...GEMM, ts: '00' },
      { ...SENDS, ts: '50' },
    ]).replace(/\]\}$/, `,${JSON.stringify(lost).slice(1)}}`),
  });
  expect(read!.lost).toBe(7);
  expect(traceOverlaps([read!]).map(({ commMs, hiddenMs }) => [commMs, hiddenMs])).toEqual([
    [expect.closeTo(0.1, 9), expect.closeTo(0.05, 9)],
  ]);
  const [most] = await readTexts({
    a: trace(
      [...Array.from({ length: 5 }, () => kernel('lost', 0, 7)), GEMM, SENDS].map((event, i) => ({
        ...event,
        ts: i < 5 ? 0 : 1e14 + i,
      })),
    ),
  });
  expect([most!.lost, most!.kernels.count]).toEqual([5, 2]);
  await expect(readTexts({ a: trace([kernel('a', 0, 0)]) })).rejects.toThrow(
    'a has no times of its 1 kernels: the profiler lost them.',
  );
});

test.each([
  'ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)',
  'nccldevkernel_allreduce_sum_f32_ring_ll',
  'ncclKernel_SendRecv_RING_SIMPLE_Sum_int8_t',
  'void meta::comms::ncclKernelMain<(int)2>(x)',
  'ncclDevKernel_Generic_4(ncclDevKernelArgsStorage<4096ul>)',
  'void deep_ep::intranode::dispatch<2, 768, 8192>(int4*, float*)',
  'void deep_ep::internode_ll::combine<true, 7168>(void*)',
  'void vllm::cross_device_reduce_1stage<__nv_bfloat16, 8>(vllm::RankData*)',
  'void sglang::cross_device_reduce_2stage<half, 4>(x)',
  'void tensorrt_llm::kernels::ar_fusion::allreduce_fusion_kernel_oneshot_lamport<0, 8>(x)',
  'void one_shot_all_reduce_kernel<c10::BFloat16, 16, 8>(x)',
  'void c10d::symmetric_memory::multimem_all_gather_kernel(x)',
  'nvshmemi_proxy_rma_entrypoint',
  'kuserbuffers_pushsend(int*, int*)',
  'void hybrid_ep::dispatch_kernel<8>(x)',
  'void tensorrt_llm::kernels::moe_alltoall::moeA2ADispatchKernel<8>(x)',
])('%s communicates', (name) => {
  expect(isCommunication(name)).toBe(true);
});

test.each([
  ['void deep_ep::layout::get_dispatch_layout<256>(x)', 'other'],
  ['nvjet_sm90_tst_128x256_64x4_1x2_h_bz_coopA_TNT', 'matrix product'],
  ['Cijk_Alik_Bljk_BBS_BH_Bias_HAS_SAV_UserArgs_MT256x256x64', 'matrix product'],
  ['fused_moe_kernel', 'matrix product'],
  ['void flash::flash_fwd_kernel<Flash_fwd_kernel_traits<128>>(x)', 'attention'],
  ['fmha_cutlassF_bf16_aligned_64x128_rf_sm80', 'attention'],
  ['void vllm::fused_add_rms_norm_kernel<c10::BFloat16, 8>(x)', 'norm'],
  ['void at::native::elementwise_kernel<direct_copy_kernel_cuda>(x)', 'memory'],
  ['void at::native::(anonymous namespace)::CatArrayBatchedCopy<x>', 'memory'],
  ['triton_poi_fused_silu_mul_0', 'other'],
  ['ncclDevKernel_SendRecv(x)', 'communication'],
  ['void at::native::distribution_kernel<x>(normal_and_transform<float>)', 'other'],
  ['l2_normalize_kernel', 'norm'],
  ['convert_fp8_kernel', 'other'],
  ['prefill_plan_kernel', 'other'],
  ['void vllm::rotary_embedding_kernel<c10::BFloat16>(x)', 'other'],
] as const)('%s is of the kind %s', (name, kind) => {
  expect(kernelKind(name)).toBe(kind);
});

test('a foreign kernel’s block says what it is, and a SendRecv is no all-reduce', async () => {
  const { spans } = await spansOf({ a: trace(EVENTS) });
  expect(spans.map(({ kind, block, op }) => [kind, block, op])).toEqual([
    ['compute', 'matrix product', -1],
    ['collective', 'communication', -1],
  ]);
});

test('where no kernel is known to communicate, that can be said, and which do', async () => {
  const files = await readTexts({ a: trace([GEMM, { ...SENDS, name: 'my_exchange' }]) });
  expect(hasCommunication(files, isCommunication)).toBe(false);
  const mine = (name: string) => /exchange/.test(name);
  expect(hasCommunication(files, mine)).toBe(true);
  expect(hiddenShare(traceOverlaps(files, mine))).toBeCloseTo(0.5, 9);
});

test.each([
  ['', 'a.json is empty; it should be a Chrome trace.'],
  [' \n', 'a.json is empty; it should be a Chrome trace.'],
  ['12', 'a.json is not a Chrome trace: it should be a list of events, or an object with traceEvents.'],
  ['{', 'a.json is cut short: it ends within an event, at line 1; copy or write it again.'],
  [trace(EVENTS).slice(0, -20), 'a.json is cut short: it ends within an event, at line 1; copy or write it again.'],
  [
    '{\n "traceEvents": [\n  {"name": "ä\u0001"}\n]}',
    'a.json is not JSON at line 3, character 14: a control character (U+0001) must be escaped within a text.',
  ],
  [
    '{"traceEvents":[{"name":"a\nb"}]}',
    'a.json is not JSON at line 1, character 27: a control character (U+000A) must be escaped within a text.',
  ],
  ['{"traceEvents": [{"ts": nan}]}', 'a.json is not JSON at line 1, character 26: “a” is not expected.'],
  ['{"traceEvents": [] ]', 'a.json is not JSON at line 1, character 20: something is missing or too much.'],
  [
    '\u0000asm',
    'a.json is not JSON at line 1, character 1: a control character (U+0000) must be escaped within a text.',
  ],
  ['GGUF', 'a.json is a GGUF file (llama.cpp), not a Chrome trace.'],
  ['hello', 'a.json is not JSON at line 1, character 1: “h” is not expected.'],
  ['"hello"', 'a.json is not JSON at line 1, character 1: it should begin with { or [.'],
  [
    '[]',
    "a.json has no kernels; it should be a Chrome trace with events of category kernel, as PyTorch's profiler writes.",
  ],
  [
    `${trace(EVENTS).slice(0, -1)},"traceName"`,
    'a.json is cut short: it ends within an event, at line 1; copy or write it again.',
  ],
  ['{"events": []}', 'a.json is not a Chrome trace: it should be a list of events, or an object with traceEvents.'],
  [
    '{"model_type": "mixtral", "hidden_size": 4}',
    "a.json is a model's config.json, not a Chrome trace; a trace is a list of events, or an object with traceEvents.",
  ],
  [`${'['.repeat(5000)}`, 'a.json is not JSON at line 1, character 101: brackets are nested more than 100 deep.'],
  [rank(5000), 'a.json is of rank 5000; ranks below 4096 can be opened.'],
])('%s is refused in a sentence', async (text, sentence) => {
  await expect(readTexts({ 'a.json': text })).rejects.toThrow(sentence);
});

test('a gzipped trace that was cut is refused in a sentence', async () => {
  const bytes = new Uint8Array(gzipSync(trace(EVENTS))).subarray(0, 60);
  await expect(readTexts({ a: bytes as Uint8Array<ArrayBuffer> })).rejects.toThrow(
    /can't be unpacked; it is cut or damaged/,
  );
});
