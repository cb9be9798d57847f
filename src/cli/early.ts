import { english, type Phrase } from '../words/phrase';

/** A result that was cut short is written all the same; the command then fails with why. */
export function failEarly(early: Phrase | null): void {
  if (!early) return;
  process.stderr.write(`${english(early)}\n`);
  process.exitCode = 2;
}
