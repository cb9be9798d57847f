import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';

/** The least that can be measured: one device, four tokens, one combination. */
export const LEAST = {
  ...DEFAULT_MEASUREMENT,
  tokens: 4,
  ranks: 1,
  link: { kind: 'speed' as const, gbps: 100, us: 1 },
  connectivity: ['farskip' as const],
  schedule: ['overlapped' as const],
};
