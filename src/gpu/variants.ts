import type { KernelName, NamedSizes, ToldSizes } from '../program/kernels';

const files = import.meta.glob<string>('../../kernels/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

type Workgroups = readonly [x: number, y: number, z: number];

/** What a variant needs of a device. */
type Requirements = {
  readonly features: readonly GPUFeatureName[];
  /** Invocations of a workgroup, and bytes of its memory. */
  readonly invocations: number;
  readonly workgroupBytes: number;
};

/** A WGSL file that fulfils a kernel's contract. */
export type Variant<K extends KernelName = KernelName> = {
  readonly kernel: K;
  /** In kernels/, without its ending. */
  readonly file: string;
  readonly requires: Requirements;
  /** Workgroups of a launch; what only the host counts with changes nothing. */
  readonly workgroups: (sizes: ToldSizes<K>) => Workgroups;
};

/** What every device of WebGPU has. */
const ANY_DEVICE: Requirements = { features: [], invocations: 256, workgroupBytes: 16384 };

/** Rows and columns of the output that a workgroup of the matrix products computes. */
const TILE = { rows: 32, cols: 64 };
/** One workgroup an item, as kernels count them: x + 65535 y. */
const each = (items: number, z = 1): Workgroups => [Math.min(items, 65535), Math.ceil(items / 65535), z];
const each64 = (items: number): Workgroups => each(Math.ceil(items / 64));
/** 256 invocations that do four items each: of one item each the GPU can't start workgroups quickly enough. */
const each1024 = (items: number): Workgroups => each(Math.ceil(items / 1024));

/** Of each kernel its variants, those to be preferred first. To add one, add its file and its line here. */
export const VARIANTS: { readonly [K in KernelName]: readonly Omit<Variant<K>, 'kernel'>[] } = {
  embedding: plain('embedding', (s) => each(s.rows)),
  gather_rows: plain('gather_rows', (s) => each(s.rows)),
  rmsnorm: plain('rmsnorm', (s) => each(s.rows)),
  gemm: plain('gemm', (s) => [Math.ceil(s.cols / TILE.cols), Math.ceil(s.rows / TILE.rows), 1]),
  grouped_gemm: plain('grouped_gemm', (s) =>
    s.pairs === 0 ? [0, 0, 0] : [Math.ceil(s.cols / TILE.cols), Math.floor(s.pairs / TILE.rows) + s.groups, 1],
  ),
  swiglu: plain('swiglu', (s) => each1024(s.rows * s.width)),
  add: plain('add', (s) => each1024(s.rows * s.width)),
  rope: plain('rope', (s) => each64(s.rows * s.heads * s.headDim)),
  mla_keys: plain('mla_keys', (s) => each64(s.rows * s.heads * (s.nope + s.rotated + s.valueDim))),
  mla_cache: plain('mla_cache', (s) => each64(s.rows * (s.latent + s.rotated))),
  mla_query: plain('mla_query', (s) => each(s.rows, s.heads)),
  mla_values: plain('mla_values', (s) => each(s.rows, s.heads)),
  cache_rows: plain('cache_rows', (s) => each64(s.rows * s.width)),
  attention: plain('attention', (s) => each(s.rows, s.heads)),
  sigmoid_gate: plain('sigmoid_gate', (s) => each1024(s.rows * s.width)),
  scale_rows: plain('scale_rows', (s) => each1024(s.rows * s.width)),
  router_topk: plain('router_topk', (s) => [Math.ceil(s.rows / 64), 1, 1]),
  send_plan: plain('send_plan', (s) => [s.ranks, 1, 1]),
  permute: plain('permute', (s) => each(s.rows, s.ranks)),
  expert_plan: plain('expert_plan', (s) => [s.experts, 1, 1]),
  weigh_experts: plain('weigh_experts', (s) => each(s.rows)),
  unpermute: plain('unpermute', (s) => each(s.rows)),
  pack_bf16: plain('pack_bf16', (s) => each1024(s.rows * Math.ceil(s.width / 2))),
  unpack_bf16: plain('unpack_bf16', (s) => each1024(s.rows * s.width)),
  sum_parts: plain('sum_parts', (s) => each1024(s.rows * s.width)),
  draw_normal: plain('draw_normal', (s) => each64(s.rows)),
};

/** The one variant of a kernel that any device runs. */
function plain<K extends KernelName>(
  kernel: K,
  workgroups: Variant<K>['workgroups'],
): readonly [Omit<Variant<K>, 'kernel'>] {
  return [{ file: kernel, requires: ANY_DEVICE, workgroups }];
}

type Capable = { readonly features: ReadonlySet<string>; readonly limits: GPUSupportedLimits };

/** The variant that a device runs a kernel by: the first whose requirements it meets. */
export function variantOf(kernel: KernelName, device: Capable): Variant {
  const variants = VARIANTS[kernel] as readonly Omit<Variant, 'kernel'>[];
  const found = variants.find(({ requires }) => meets(device, requires));
  if (!found) throw new Error(`no variant of kernel ${kernel} runs on this device`);
  return { ...found, kernel };
}

const meets = ({ features, limits }: Capable, requires: Requirements): boolean =>
  requires.features.every((feature) => features.has(feature)) &&
  limits.maxComputeInvocationsPerWorkgroup >= requires.invocations &&
  limits.maxComputeWorkgroupStorageSize >= requires.workgroupBytes;

export const workgroupsOf = ({ workgroups }: Variant, sizes: NamedSizes): Workgroups =>
  (workgroups as (sizes: NamedSizes) => Workgroups)(sizes);

/**
 * WGSL of a variant, kernels/FILE.wgsl, and after it the functions that its lines `// include common/…` ask for, each
 * once.
 */
export function sourceOf({ file }: Pick<Variant, 'file'>): string {
  const source = readKernel(`${file}.wgsl`);
  const common = [...source.matchAll(/^\/\/ include (common\/\w+\.wgsl)$/gm)].map(([, path]) => readKernel(path!));
  return [source, ...new Set(common)].join('\n');
}

function readKernel(path: string): string {
  const source = files[`../../kernels/${path}`];
  if (source === undefined) throw new Error(`kernels/${path} is missing`);
  return source;
}
