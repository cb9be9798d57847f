import {
  attentionGradBytes,
  attentionGradInvocations,
  attentionGradLines,
  attentionKeyGradTile,
  attentionQueryGradTile,
  attentionSumsTile,
} from '../../../kernels/backward/attention_tile';
import { groupedNnTile } from '../../../kernels/backward/grouped_tile';
import { gemmTnPartsTile, groupedTnTile } from '../../../kernels/backward/weight_tile';
import type { Tile } from '../../../kernels/common/tile';
import { MOST_GROUPS } from '../../../kernels/grouped_gemm/place';
import { type BackwardKernel, NORM_COLUMNS, SQUARES } from '../../program/backward_kernels';
import { withPlace } from './grouped_products';
import { each, each64, each1024, fours, plain, tiled, tiledPairs } from './plain';
import { nameOfTile, requirementsOfTile, tileOf } from './products';
import type { Requirements, Variant, Workgroups } from './variant';

/** Of grouped products, with the rows of a group, on the mean, from which they are chosen. */
const TILES: readonly { readonly tile: Tile; readonly least: number }[] = [
  { tile: tileOf(64, 128, 8, 8, 8, 1), least: 40 },
  { tile: tileOf(32, 64, 16, 4, 8, 2), least: 0 },
];

/** Columns of keys and of values that attention's gradients are written for. */
const HEAD_COLUMNS: readonly (readonly [keys: number, values: number])[] = [
  [64, 64],
  [128, 128],
  [192, 128],
  [256, 256],
];
const foursOfHeads = (s: { readonly keyDim: number; readonly valueDim: number }) => fours(s.keyDim, s.valueDim);
const attentionGradNeeds = (columns: number): Requirements => ({
  invocations: attentionGradInvocations,
  workgroupBytes: attentionGradBytes(columns),
});

const ofGroups = ([x, y]: Workgroups, groups: number): Workgroups => [x, y, groups];

type Variants = { readonly [K in BackwardKernel]: readonly Variant<K>[] };

/** Variants of the kernels of the backward pass. */
export const BACKWARD_VARIANTS: Variants = {
  embedding_grad: [
    plain('backward/embedding_grad_marked', (s) => each(s.words)),
    plain('backward/embedding_grad', (s) => each(s.words)),
  ],
  rmsnorm_grad: [plain('backward/rmsnorm_grad', (s) => each(s.rows))],
  norm_weight_grad: [plain('backward/norm_weight_grad', (s) => [Math.ceil(s.width / NORM_COLUMNS), s.parts, 1])],
  swiglu_grad: [plain('backward/swiglu_grad', (s) => each1024(s.rows * s.width))],
  grouped_gemm_nn: [
    ...TILES.map(
      ({ tile, least }): Variant<'grouped_gemm_nn'> => ({
        name: `backward/grouped_gemm_nn ${nameOfTile(tile)}`,
        source: () => groupedNnTile(tile),
        requires: withPlace(requirementsOfTile(tile)),
        fits: (s) => fours(s.inner, s.cols) && s.groups <= MOST_GROUPS,
        suits: (s) => s.pairs >= least * s.groups,
        workgroups: (s) => tiledPairs(s, s.cols, tile.rows, tile.cols),
      }),
    ),
    plain('backward/grouped_gemm_nn', (s) => tiledPairs(s, s.cols, 16, 16)),
  ],
  gemm_tn_parts: [
    ...TILES.map(
      ({ tile, least }): Variant<'gemm_tn_parts'> => ({
        name: `backward/gemm_tn_parts ${nameOfTile(tile)}`,
        source: () => gemmTnPartsTile(tile),
        requires: requirementsOfTile(tile),
        fits: (s) => fours(s.rows, s.cols),
        suits: (s) => s.rows * s.cols * s.parts >= 64 * 128 * least,
        workgroups: (s) => ofGroups(tiled(s.rows, s.cols, tile.rows, tile.cols), s.parts),
      }),
    ),
    plain('backward/gemm_tn_parts', (s) => ofGroups(tiled(s.rows, s.cols, 16, 16), s.parts)),
  ],
  grouped_gemm_tn: [
    ...TILES.map(
      ({ tile, least }): Variant<'grouped_gemm_tn'> => ({
        name: `backward/grouped_gemm_tn ${nameOfTile(tile)}`,
        source: () => groupedTnTile(tile),
        requires: requirementsOfTile(tile),
        fits: (s) => fours(s.rows, s.cols, s.stride),
        suits: (s) => s.rows * s.cols * s.parts >= 64 * 128 * least,
        workgroups: (s) => ofGroups(tiled(s.rows, s.cols, tile.rows, tile.cols), s.groups * s.parts),
      }),
    ),
    plain('backward/grouped_gemm_tn', (s) => ofGroups(tiled(s.rows, s.cols, 16, 16), s.groups * s.parts)),
  ],
  sum_pairs: [plain('backward/sum_pairs', (s) => each1024(s.rows * s.width))],
  weigh_experts_grad: [plain('backward/weigh_experts_grad', (s) => each(s.rows))],
  spread_rows: [plain('backward/spread_rows', (s) => each(s.rows, s.ranks))],
  pack_token_grads: [
    plain('backward/pack_token_grads', (s) =>
      each1024(s.rows * ((s.packed === 1 ? Math.ceil(s.width / 2) : s.width) + s.topK)),
    ),
  ],
  sum_token_grads: [plain('backward/sum_token_grads', (s) => each(s.rows))],
  router_grad: [plain('backward/router_grad', (s) => each(s.rows))],
  rows_dot: [plain('backward/rows_dot', (s) => each(s.rows))],
  sigmoid_gate_grad: [plain('backward/sigmoid_gate_grad', (s) => each1024(s.rows * s.width))],
  rope_grad: [plain('backward/rope_grad', (s) => each64(s.rows * s.heads * s.headDim))],
  mla_keys_grad: [plain('backward/mla_keys_grad', (s) => each(s.rows))],
  attention_sums: [
    {
      name: 'backward/attention_sums/tile',
      source: attentionSumsTile,
      requires: attentionGradNeeds(0),
      fits: foursOfHeads,
      workgroups: (s) => [Math.ceil(s.rows / attentionGradLines), s.heads, 1],
    },
    plain('backward/attention_sums/any', (s) => each(s.rows, s.heads)),
  ],
  attention_query_grad: [
    ...HEAD_COLUMNS.map(
      ([columns]): Variant<'attention_query_grad'> => ({
        name: `backward/attention_query_grad/tile ${columns}`,
        source: () => attentionQueryGradTile(columns),
        requires: attentionGradNeeds(columns),
        fits: (s) => foursOfHeads(s) && s.keyDim <= columns,
        workgroups: (s) => [Math.ceil(s.rows / attentionGradLines), s.heads, 1],
      }),
    ),
    plain('backward/attention_query_grad/any', (s) => each(s.rows, s.heads)),
  ],
  attention_key_grad: [
    ...HEAD_COLUMNS.map(
      ([keys, values]): Variant<'attention_key_grad'> => ({
        name: `backward/attention_key_grad/tile ${keys} ${values}`,
        source: () => attentionKeyGradTile(keys, values),
        requires: attentionGradNeeds(keys),
        fits: (s) => foursOfHeads(s) && s.keyDim <= keys && s.valueDim <= values,
        workgroups: (s) => [Math.ceil(s.rows / attentionGradLines), s.kvHeads, 1],
      }),
    ),
    plain('backward/attention_key_grad/any', (s) => each(s.rows, s.kvHeads)),
  ],
  cross_entropy: [plain('backward/cross_entropy', (s) => each(s.rows))],
  sum_shared: [plain('backward/sum_shared', (s) => each1024(s.rows * s.width))],
  adamw: [plain('backward/adamw', (s) => each1024(s.rows * s.width))],
  adamw_change: [plain('backward/adamw_change', (s) => each1024(s.rows * s.width))],
  apply_change: [plain('backward/apply_change', (s) => each1024(s.rows * s.width))],
  accumulate: [plain('backward/accumulate', (s) => each1024(s.rows * s.width))],
  sum_squares: [plain('backward/sum_squares', (s) => [Math.min(SQUARES, Math.ceil((s.rows * s.width) / 1024)), 1, 1])],
  clip_step: [plain('backward/clip_step', () => [1, 1, 1])],
  expert_counts: [plain('backward/expert_counts', (s) => [s.experts, 1, 1])],
  balance_bias: [plain('backward/balance_bias', () => [1, 1, 1])],
  sequence_counts: [plain('backward/sequence_counts', (s) => each(s.rows))],
  balance_loss: [plain('backward/balance_loss', (s) => each(s.rows))],
  squared_distance: [plain('backward/squared_distance', (s) => each(s.rows))],
  softmax_part: [plain('backward/softmax_part', (s) => each(s.rows))],
  join_softmax: [plain('backward/join_softmax', (s) => each1024(s.rows))],
  softmax_loss: [plain('backward/softmax_loss', (s) => each1024(s.rows))],
  softmax_part_grad: [plain('backward/softmax_part_grad', (s) => each1024(s.rows * s.width))],
  kl_divergence: [plain('backward/kl_divergence', (s) => each(s.rows))],
};
