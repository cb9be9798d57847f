import { type Block, isCollective, type Operation, type Program } from '../program/program';
import { countingOn, type Effort, type Graph, graphOf, type List, listSchedule, wallOf } from './list';
import { totalsOf } from './machine';
import { AT_ONCE, type Cost, type Order } from './orders';

/** How readily the list scheduler lets the compute lane idle: see `listSchedule`. */
const PATIENCES = [0, 0.25, 0.5, 1, 2, 4, Number.POSITIVE_INFINITY];

/** Blocks whose operations some lists put off or prefer, by these shares of a layer's time. */
const BIASED: readonly Block[] = ['attention', 'shared', 'router', 'routed', 'all-reduce', 'residual'];
const BIASES = [-1, -0.5, -0.25, 0.25, 0.5, 1];
const MOST_ROUNDS = 4;
/**
 * How many times the lag lists count on. A list that counts on all of it fills it with a kernel that just fits. Where
 * the lag is shorter, that kernel holds up what has arrived. One that counts on twice as much keeps more kernels for
 * each collective, also where no single bias on the way there makes the others quicker.
 */
const FORESEEN = [0.5, 1, 2];
/** By what share a list must be quicker to be taken instead of one of fewer biases, or for a shorter lag. */
const WORTH = 0.003;
/** How near to its floor a list is left as it is. */
const NEAR = 1.003;
/** What is looked at for one lag: all lists of programs of a thousand operations, fewer of longer ones. */
const EFFORT = 5e6;

/** Of a block's operations, or of those of one kind: `attention output`. */
type Biases = ReadonlyMap<string, number>;
type Biased = List & { readonly biases: Biases };

/**
 * The best list that counts on half of the lag, or one that counts on more where that is quicker, as simulated with
 * `cost` and `resume`.
 */
export function overlapped(program: Program, cost: Cost, resume = AT_ONCE): Order[] {
  const graph = graphOf(program, cost, resume);
  const lags = resume.lag > 0 ? FORESEEN.map((times) => times * resume.lag) : [0];
  const [first, ...others] = lags.map((lag): List => {
    const { placed } = bestList(program, countingOn(graph, lag), { left: EFFORT });
    return { placed, wall: wallOf(graph, placed) };
  });
  return ordersOf(
    graph,
    others.reduce((best, list) => (list.wall < best.wall * (1 - WORTH) ? list : best), first!),
  );
}

/**
 * The quickest of the lists that different patiences give; if that is not near the floor, biases for or against a block
 * are kept as long as they make it quicker. Layers are alike, so what helps in one helps in all.
 */
function bestList(program: Program, graph: Graph, effort: Effort): List {
  const layers = new Set(program.operations.flatMap(({ layer }) => layer ?? [])).size;
  const layerTime = totalsOf(graph.operations, graph.costs).compute / Math.max(1, layers);
  // The first list is made whatever it takes.
  let best: Biased = {
    ...listSchedule(graph, PATIENCES[0]!, priorityOf(graph, new Map()), Number.POSITIVE_INFINITY, {
      left: Number.POSITIVE_INFINITY,
    })!,
    biases: new Map(),
  };
  best = bestOf(graph, best, PATIENCES.slice(1), new Map(), effort);
  for (const biased of [BIASED, kindsIn(program)])
    for (let round = 0; round < MOST_ROUNDS && best.wall > NEAR * floorOf(graph); round++) {
      let found = best;
      for (const name of biased)
        for (const share of BIASES)
          found = bestOf(graph, found, PATIENCES, new Map([...best.biases, [name, share * layerTime]]), effort);
      if (found === best) break;
      best = found;
    }
  return best;
}

const kindOf = ({ block, name }: Operation): string => `${block} ${name}`;

/** Kinds of kernels that layers have. */
const kindsIn = ({ operations }: Program): string[] => [
  ...new Set(operations.flatMap((op) => (isCollective(op) || op.layer === null ? [] : [kindOf(op)]))),
];

/**
 * The longest path from an operation on, and its biases. What updates weights is short, and lets go of gradients: it is
 * done at once.
 */
function priorityOf({ operations, path }: Graph, biases: Biases): Float64Array {
  const longest = path.reduce((most, own) => Math.max(most, own), 0);
  return path.map((own, id) => {
    const op = operations[id]!;
    if (op.phase === 'update') return own + longest;
    return own + (biases.get(op.block) ?? 0) + (biases.get(kindOf(op)) ?? 0);
  });
}

/**
 * The best list so far, or one with these biases that is better: quicker, and one of more biases by more than what the
 * ends of a program bring.
 */
function bestOf(graph: Graph, best: Biased, patiences: readonly number[], biases: Biases, effort: Effort): Biased {
  const priority = priorityOf(graph, biases);
  return patiences.reduce((found, patience) => {
    const worth = biases.size > found.biases.size ? WORTH : 1e-6;
    const limit = found.wall * (1 - worth);
    // Sums in another order differ by their rounding.
    const list = listSchedule(graph, patience, priority, limit * (1 + 1e-9), effort);
    return list && list.wall < limit ? { ...list, biases } : found;
  }, best);
}

/** No order is quicker than the longest path, all that the lane does, or all communication. */
function floorOf({ operations, costs, copying, path }: Graph): number {
  const { compute, communication } = totalsOf(operations, costs);
  const copied = copying.reduce((sum, own) => sum + own, 0);
  return path.reduce((most, own) => Math.max(most, own), Math.max(compute + copied, communication));
}

/** Waits stand where a collective's result is first read, or what it sends is updated. */
function ordersOf({ operations, needs }: Graph, { placed }: List): Order[] {
  const waited = new Set<number>();
  const orders: Order[] = [];
  for (const id of placed) {
    const op = operations[id]!;
    for (const need of needs[id]!) {
      const collective = operations[need]!;
      if (!isCollective(collective) || waited.has(need)) continue;
      waited.add(need);
      orders.push({ do: 'wait', op: collective });
    }
    orders.push(isCollective(op) ? { do: 'start', op } : { do: 'compute', op });
  }
  // What nothing reads is held at the end all the same.
  for (const op of operations) if (isCollective(op) && !waited.has(op.id)) orders.push({ do: 'wait', op });
  return orders;
}
