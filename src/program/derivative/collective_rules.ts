import {
  type AllReducePlace,
  lowerAllGather,
  lowerAllReduce,
  lowerReduceScatter,
  OF_TOKENS,
  type WireFormat,
} from '../lower_all_reduce';
import { type AllToAll, exchangeSymbols, type Spread } from '../program';
import { contribute, type Gradients, gradientName, gradientOf, placeOf, writerOf } from './gradients';

/**
 * The derivative of an all-to-all is the other one, over the same exchange: rows of gradients go where the rows came
 * from.
 */
export function allToAllRule(gradients: Gradients, op: AllToAll): void {
  if (op.direction === 'combine') ofCombine(gradients, op);
  else ofDispatch(gradients, op);
}

/** Each token's gradient goes to the ranks whose experts had a part in it. */
function ofCombine(gradients: Gradients, op: AllToAll): void {
  const { build } = gradients;
  const d = gradientOf(gradients, op.output, placeOf(op));
  if (!d) return;
  const { cols, type } = build.shapeOf(op.output);
  const { width, packed } = writerOf(gradients, op.input, 'weigh_experts').sizes as { width: number; packed: number };
  const rows = exchangeSymbols(op.exchange).received;
  const { exchange, block, layer } = op;
  const arrived = build.allToAll(
    { name: 'Combine, backward', block, layer, direction: 'dispatch', exchange, input: d },
    { name: `${gradientName(op.input)} arrived`, rows, cols, type },
  );
  const gradient = packed
    ? build.compute(
        placeOf(op),
        'd Combine: unpacked',
        { kernel: 'unpack_bf16', sizes: { rows, width, stride: cols / 2 } },
        { inputs: [arrived] },
        { name: gradientName(op.input), rows, cols: width },
      )
    : arrived;
  contribute(gradients, op.input, gradient);
}

/** What a rank's experts have of each row's gradient, and of its weights', goes back to the row's token. */
function ofDispatch(gradients: Gradients, op: AllToAll): void {
  const { build } = gradients;
  const place = placeOf(op);
  const dx = gradientOf(gradients, op.output, place);
  const dWeights = gradients.ofSlots.get(op.output);
  if (!dx || !dWeights) return;
  const { width, topK, packed } = writerOf(gradients, op.input, 'permute').sizes as {
    width: number;
    topK: number;
    packed: number;
  };
  const { sent, received } = exchangeSymbols(op.exchange);
  const cols = (packed ? Math.ceil(width / 2) : width) + topK;
  const input = build.compute(
    place,
    'd Dispatch: packed',
    { kernel: 'pack_token_grads', sizes: { rows: received, width, topK, packed } },
    { inputs: [dx, dWeights] },
    { name: `${gradientName(op.output)} packed`, rows: received, cols, type: 'u32' },
  );
  const { exchange, block, layer } = op;
  const returned = build.allToAll(
    { name: 'Dispatch, backward', block, layer, direction: 'combine', exchange, input },
    { name: gradientName(op.input), rows: sent, cols, type: 'u32' },
  );
  contribute(gradients, op.input, returned);
}

/**
 * The derivative of an all-gather is a reduce-scatter, and the other way round. Where every rank's part is added up at
 * once (an all-reduce the direct way), that is an all-reduce of the gradient.
 */
export function spreadRule(gradients: Gradients, op: Spread): void {
  const { build, ofEach } = gradients;
  const { type } = build.shapeOf(op.output);
  const label = gradientName(op.output);
  const at = (width: number): AllReducePlace => ({
    ...OF_TOKENS,
    layer: op.layer,
    width,
    ranks: partsOf(gradients, op),
    wire: type as WireFormat,
    algorithm: op.algorithm,
    label,
  });
  const ofPart = ofEach.get(op.output);
  const own = ofPart ?? gradientOf(gradients, op.output, placeOf(op));
  if (!own) return;
  const lower = ofPart ? (op.kind === 'all-gather' ? lowerAllReduce : lowerAllGather) : lowerReduceScatter;
  const key = `${own} ${op.kind} ${op.algorithm} ${type}`;
  const moved = gradients.moved.get(key) ?? lower(build, own, at(build.columns(own)));
  gradients.moved.set(key, moved);
  contribute(gradients, op.input, moved);
}

/** How many ranks a collective is of: as many as there are parts to add up. */
function partsOf({ program }: Gradients, { layer }: Spread): number {
  for (const op of program.operations)
    if (op.kind === 'compute' && op.kernel === 'sum_parts' && op.layer === layer) return op.sizes.parts as number;
  throw new Error(`nothing adds up the parts of layer ${layer}`);
}
