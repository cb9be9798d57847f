import fc from 'fast-check';
import { type Connectivity, readsOf, type SubBlock, type Term } from '../../src/connectivity/connectivity';
import { tableOf } from '../../src/connectivity/methods';
import type { ModelSpec } from '../../src/model/spec';

/** Tables that leave out any terms that a sub-block could read, but for the embedding. */
export const anyTableOf = (spec: ModelSpec): fc.Arbitrary<Connectivity> =>
  fc.infiniteStream(fc.nat(3)).map((stream) =>
    spec.layers.map((_, layer) => {
      const leave = (block: SubBlock): Term[] =>
        readsOf(spec, tableOf('regular', spec), layer, block).filter(
          (term) => term !== 'embedding' && stream.next().value === 0,
        );
      return { attention: leave('attention'), shared: leave('shared'), routed: leave('routed') };
    }),
  );
