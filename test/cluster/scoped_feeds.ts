import type { Feed } from '../../src/cluster/feed';
import { scoped, scopedSymbol } from '../../src/program/builder';

/** A feed for what a program has in a scope (program/builder.ts). */
export const feedIn = (scope: string, { inputs, symbols }: Feed): Feed => ({
  inputs: new Map([...inputs].map(([name, data]) => [scoped(scope, name), data])),
  symbols: new Map([...symbols].map(([name, size]) => [scopedSymbol(scope, name), size])),
});

/** What several scopes of one program start with, on one rank. */
export const feedsTogether = (feeds: readonly Feed[]): Feed => ({
  inputs: new Map(feeds.flatMap(({ inputs }) => [...inputs])),
  symbols: new Map(feeds.flatMap(({ symbols }) => [...symbols])),
});
