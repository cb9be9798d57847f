import type { Frozen } from '../../words/frozen';
import { type Phrase, phrase } from '../../words/phrase';
import { z } from '../../words/zod';

/** What this GPU and browser do, measured once when the engine starts; goes with every result. */
export const SelfTest = z.object({
  /**
   * What two devices with the same work do: run `at once` (together hardly longer than one alone), `share` the GPU
   * (both end about when twice the work is done), or run `in turn` (one ends when it would have alone). null: no second
   * device was to be had.
   */
  devices: z.enum(['at once', 'share', 'in turn']).nullable(),
  /** When a read-back submitted before long work is told, and when the work has ended, ms. */
  readBack: z.object({ ms: z.number(), workMs: z.number() }),
  /** Smallest step of the GPU's timestamps seen, ns; null without timestamps. */
  tickNs: z.number().nullable(),
  /** How far off the GPU's clock can be from the host's, ms; null without timestamps. */
  clockErrorMs: z.number().nullable(),
  /** From submitting a copy of 16 bytes until the host has them, ms. */
  roundTripMs: z.number(),
});
export type SelfTest = Frozen<z.output<typeof SelfTest>>;

/** The findings, a sentence each. */
export const findingsOf = ({ devices, readBack, tickNs, clockErrorMs, roundTripMs }: SelfTest): readonly Phrase[] => [
  devices ? SHARING[devices] : phrase`No second device was to be had on this GPU.`,
  phrase`Reading back beside ${readBack.workMs.toFixed(0)} ms of computing takes ${readBack.ms.toFixed(1)} ms.`,
  phrase`A round trip takes ${roundTripMs.toFixed(2)} ms.`,
  tickNs === null
    ? phrase`There are no timestamps.`
    : phrase`Timestamps have steps of ${tickNs < 1000 ? `${tickNs} ns` : `${tickNs / 1000} µs`}.`,
  ...(clockErrorMs === null
    ? []
    : [phrase`They were placed on the host’s clock to ${clockErrorMs.toFixed(2)} ms at the start.`]),
];

const SHARING: Readonly<Record<NonNullable<SelfTest['devices']>, Phrase>> = {
  'at once': phrase`Two devices on this GPU run at once.`,
  share: phrase`Two devices on this GPU share it fairly.`,
  'in turn': phrase`Two devices on this GPU run one after the other.`,
};
