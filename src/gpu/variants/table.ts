import { addRmsnorm, rmsnorm } from '../../../kernels/rmsnorm/rows';
import { type KernelName, PARTS, rowsOfParts } from '../../program/kernels';
import { attentionTiles, fewTokens } from './attention';
import { BACKWARD_VARIANTS } from './backward';
import { groupedGatedVariants, groupedVariants } from './grouped_products';
import { each, each64, each1024, fours, plain, tiled, tiledPairs, written } from './plain';
import { backwardVariants, gatedVariants, gemmVariants } from './products';
import type { Variant } from './variant';

type Variants = { readonly [K in KernelName]: readonly Variant<K>[] };

/** Parts of rows, a workgroup each (kernels/common/pairs.wgsl); the first also writes `offsets`, so there is one. */
const partsWithRows = ({ rows }: { readonly rows: number }) => each(Math.max(1, Math.min(PARTS, rows)));

/** Of each kernel its variants, those to be preferred first. To add one, add its file and its line here. */
export const VARIANTS_OF: Variants = {
  embedding: [plain('embedding', (s) => each(s.rows))],
  gather_rows: [plain('gather_rows', (s) => each(s.rows))],
  rmsnorm: [
    {
      ...written(
        'rmsnorm/fours',
        () => rmsnorm('fours'),
        (s) => each(s.rows),
      ),
      fits: (s) => fours(s.width, s.stride),
    },
    written(
      'rmsnorm/any',
      () => rmsnorm('any'),
      (s) => each(s.rows),
    ),
  ],
  add_rmsnorm: [
    {
      ...written(
        'add_rmsnorm/fours',
        () => addRmsnorm('fours'),
        (s) => each(s.rows),
      ),
      fits: (s) => fours(s.width),
    },
    written(
      'add_rmsnorm/any',
      () => addRmsnorm('any'),
      (s) => each(s.rows),
    ),
  ],
  gemm: [...gemmVariants(), plain('gemm/any', (s) => tiled(s.rows, s.cols, 32, 64))],
  gemm_swiglu: [...gatedVariants(), plain('gemm_swiglu/any', (s) => tiled(s.rows, s.width, 32, 32))],
  gemm_nn: [...backwardVariants('gemm_nn'), plain('gemm_nn/any', (s) => tiled(s.rows, s.cols, 16, 16))],
  gemm_tn: [...backwardVariants('gemm_tn'), plain('gemm_tn/any', (s) => tiled(s.rows, s.cols, 16, 16))],
  grouped_gemm: [...groupedVariants(), plain('grouped_gemm/any', (s) => tiledPairs(s, s.cols, 32, 64))],
  grouped_gemm_swiglu: [
    ...groupedGatedVariants(),
    plain('grouped_gemm_swiglu/any', (s) => tiledPairs(s, s.width, 32, 32)),
  ],
  add: [plain('add', (s) => each1024(s.rows * s.width))],
  rope: [plain('rope', (s) => each64(s.rows * s.heads * s.headDim))],
  mla_keys: [plain('mla_keys', (s) => each(s.rows))],
  mla_cache: [plain('mla_cache', (s) => each64(s.rows * (s.latent + s.rotated)))],
  mla_query: [plain('mla_query', (s) => each(s.rows, s.heads))],
  mla_values: [plain('mla_values', (s) => each(s.rows, s.heads))],
  cache_rows: [plain('cache_rows', (s) => each64(s.rows * s.width))],
  attention: [...attentionTiles(), fewTokens, plain('attention/any', (s) => each(s.rows, s.heads))],
  sigmoid_gate: [plain('sigmoid_gate', (s) => each1024(s.rows * s.width))],
  scale_rows: [
    { ...plain('scale_rows/fours', (s) => each1024((s.rows * s.width) / 4)), fits: (s) => fours(s.width) },
    plain('scale_rows/any', (s) => each1024(s.rows * s.width)),
  ],
  router_topk: [plain('router_topk', (s) => each(Math.ceil(s.rows / 4)))],
  send_plan: [plain('send_plan', (s) => [s.ranks, 1, 1])],
  permute: [
    { ...plain('permute/fours', (s) => each(s.rows)), fits: (s) => fours(s.width) },
    plain('permute/any', (s) => each(s.rows, s.ranks)),
  ],
  pair_counts: [
    { ...plain('pair_counts/fours', () => each(PARTS)), fits: (s) => fours(s.stride, s.at) },
    plain('pair_counts/any', () => each(PARTS)),
  ],
  expert_plan: [
    { ...plain('expert_plan/fours', partsWithRows), fits: (s) => fours(s.stride, s.at) },
    plain('expert_plan/any', partsWithRows),
  ],
  weigh_experts: [
    { ...plain('weigh_experts/fours', (s) => each(s.rows)), fits: (s) => fours(s.width) },
    plain('weigh_experts/any', (s) => each(s.rows)),
  ],
  unpermute: [
    { ...plain('unpermute/fours', (s) => each(s.rows)), fits: (s) => fours(s.width) },
    plain('unpermute/any', (s) => each(s.rows)),
  ],
  pack_bf16: [plain('pack_bf16', (s) => each1024(s.rows * Math.ceil(s.width / 2)))],
  unpack_bf16: [
    {
      ...plain('unpack_bf16/fours', (s) => each1024((s.rows * s.width) / 4)),
      fits: (s) => fours(s.width) && s.stride % 2 === 0,
    },
    plain('unpack_bf16/any', (s) => each1024(s.rows * s.width)),
  ],
  sum_parts: [
    { ...plain('sum_parts/fours', (s) => each(Math.ceil((s.rows * s.width) / 512))), fits: (s) => fours(s.width) },
    plain('sum_parts/any', (s) => each1024(s.rows * s.width)),
  ],
  sample: [plain('sample', (s) => each(s.rows))],
  copy_rows: [
    { ...plain('copy_rows/fours', (s) => each1024((s.rows * s.width) / 4)), fits: (s) => fours(s.width) },
    plain('copy_rows/any', (s) => each1024(s.rows * s.width)),
  ],
  copy_parts: [
    { ...plain('copy_parts/fours', (s) => each1024((rowsOfParts(s) * s.width) / 4)), fits: (s) => fours(s.width) },
    plain('copy_parts/any', (s) => each1024(rowsOfParts(s) * s.width)),
  ],
  draw_normal: [plain('draw_normal', (s) => each64(s.rows))],
  ...BACKWARD_VARIANTS,
};
