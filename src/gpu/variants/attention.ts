import {
  type AttentionTile,
  attentionBytes,
  attentionInvocations,
  attentionTile,
} from '../../../kernels/attention/tile';
import { readKernel } from '../kernel_files';
import { ANY_DEVICE, each, fours } from './plain';
import type { Variant } from './variant';

/** The second is for small memories. */
const ATTENTION_TILES: readonly AttentionTile[] = [
  { queries: 32, keys: 128, columns: 128, rowsEach: 4, depth: 16, probabilities: 32, values: 16 },
  { queries: 64, keys: 64, columns: 128, rowsEach: 8, depth: 8, probabilities: 16, values: 8 },
];
/** Tokens that read a key, on the mean, from which tiles of tokens pay. */
const SHARED_KEYS = 4;
const MOST_VALUE_DIM = 512;

const fits: Variant<'attention'>['fits'] = (s) => fours(s.keyDim, s.valueDim, s.valueStride);

export const attentionTiles = (): Variant<'attention'>[] =>
  ATTENTION_TILES.map((tile) => ({
    name: `attention/tile ${tile.queries}x${tile.keys}x${tile.depth} ${tile.probabilities} ${tile.values}`,
    source: () => attentionTile(tile),
    requires: { invocations: attentionInvocations(tile), workgroupBytes: attentionBytes(tile) },
    fits,
    suits: (s) => s.keys! >= SHARED_KEYS * s.keyRows!,
    workgroups: (s) => [Math.ceil(s.rows / tile.queries), s.heads, Math.ceil(s.valueDim / tile.columns)],
  }));

export const fewTokens: Variant<'attention'> = {
  name: 'attention/few_tokens',
  source: () => readKernel('attention/few_tokens'),
  requires: ANY_DEVICE,
  fits: (s) => fits(s) && s.valueDim <= MOST_VALUE_DIM,
  workgroups: (s) => each(s.rows, s.heads),
};
