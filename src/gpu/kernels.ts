import { KERNEL_SIZES, type KernelName, type SizesOf } from '../program/program';

const files = import.meta.glob<string>('../../kernels/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** WGSL source of a kernel, from kernels/NAME.wgsl, and after it the functions that its line `// include shared/…` asks for. */
export function sourceOf(name: KernelName): string {
  const source = readKernel(`${name}.wgsl`);
  const [, shared] = /^\/\/ include (shared\/\w+\.wgsl)$/m.exec(source) ?? [];
  return shared ? `${source}\n${readKernel(shared)}` : source;
}

function readKernel(path: string): string {
  const source = files[`../../kernels/${path}`];
  if (source === undefined) throw new Error(`kernels/${path} is missing`);
  return source;
}

type Workgroups = readonly [x: number, y: number, z: number];

/** Rows and columns of the output that a workgroup of the matrix products computes. */
const TILE = { rows: 32, cols: 64 };
/** One workgroup an item, as kernels count them: x + 65535 y. */
const each = (items: number, z = 1): Workgroups => [Math.min(items, 65535), Math.ceil(items / 65535), z];
const each64 = (items: number): Workgroups => each(Math.ceil(items / 64));

/** Workgroups of a launch. To replace a kernel, replace its WGSL file and its line here. */
const WORKGROUPS: { readonly [K in KernelName]: (s: SizesOf<K, number>) => Workgroups } = {
  embedding: (s) => each(s.rows),
  gather_rows: (s) => each(s.rows),
  rmsnorm: (s) => each(s.rows),
  gemm: (s) => [Math.ceil(s.cols / TILE.cols), Math.ceil(s.rows / TILE.rows), 1],
  grouped_gemm: (s) => (s.pairs === 0 ? [0, 0, 0] : [Math.ceil(s.cols / TILE.cols), Math.floor(s.pairs / TILE.rows) + s.groups, 1]),
  swiglu: (s) => each64(s.rows * s.width),
  add: (s) => each64(s.rows * s.width),
  rope: (s) => each64(s.rows * s.heads * s.headDim),
  mla_keys: (s) => each64(s.rows * s.heads * (s.nope + s.rotated + s.valueDim)),
  mla_cache: (s) => each64(s.rows * (s.latent + s.rotated)),
  mla_query: (s) => each(s.rows, s.heads),
  mla_values: (s) => each(s.rows, s.heads),
  cache_rows: (s) => each64(s.rows * s.width),
  attention: (s) => each(s.rows, s.heads),
  sigmoid_gate: (s) => each64(s.rows * s.width),
  scale_rows: (s) => each64(s.rows * s.width),
  router_topk: (s) => [Math.ceil(s.rows / 64), 1, 1],
  send_plan: (s) => [s.ranks, 1, 1],
  permute: (s) => each(s.rows, s.ranks),
  expert_plan: (s) => [s.experts, 1, 1],
  weigh_experts: (s) => each(s.rows),
  unpermute: (s) => each(s.rows),
  pack_bf16: (s) => each64(s.rows * Math.ceil(s.width / 2)),
  unpack_bf16: (s) => each64(s.rows * s.width),
  sum_parts: (s) => each64(s.rows * s.width),
  draw_normal: (s) => each64(s.rows),
};

export const workgroupsOf = (kernel: KernelName, sizes: Readonly<Record<string, number>>): Workgroups =>
  (WORKGROUPS[kernel] as (s: Readonly<Record<string, number>>) => Workgroups)(sizes);

/** The uniform struct of a kernel, sizes in the order of KERNEL_SIZES: u32 each, but `eps` and `scale` f32. */
export function uniformOf(kernel: KernelName, sizes: readonly number[]): ArrayBuffer {
  const names = KERNEL_SIZES[kernel];
  const view = new DataView(new ArrayBuffer(names.length * 4));
  names.forEach((name, i) => {
    if (name === 'eps' || name === 'scale') view.setFloat32(i * 4, sizes[i]!, true);
    else view.setUint32(i * 4, sizes[i]!, true);
  });
  return view.buffer;
}
