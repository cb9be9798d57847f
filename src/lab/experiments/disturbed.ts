import { type Phrase, phrase } from '../../words/phrase';
import type { Disturbance } from '../setup/disturbance';
import { nameOfCombination } from './experiment';

/** What disturbed a measurement, in a sentence. */
export function disturbedBy(own: Disturbance): Phrase {
  switch (own.kind) {
    case 'hidden':
      return phrase`The page was hidden for ${tenths(own.ms / 1000)} s of the measurement: browsers slow such pages down.`;
    case 'throttled':
      return own.timers === 1
        ? phrase`A wait ended ${whole(own.lateMs)} ms late: the browser held it back, or the machine was busy.`
        : phrase`${own.timers} waits ended late, by up to ${whole(own.lateMs)} ms: the browser held them back, or the machine was busy.`;
    case 'stalled': {
      const [name, medianMs, longestMs] = [nameOfCombination(own), own.medianMs.toFixed(1), own.longestMs.toFixed(1)];
      return own.unit === 'repeat'
        ? phrase`${name}: ${own.count} of ${own.of} repeats stalled: ${longestMs} ms at most, with a median of ${medianMs} ms.`
        : phrase`${name}: ${own.count} of ${own.of} steps stalled: ${longestMs} ms at most, with a median of ${medianMs} ms.`;
    }
  }
}

const whole = (value: number): string => value.toFixed(0);
/** No less than a tenth: it was not nothing. */
const tenths = (value: number): string => Math.max(0.1, value).toFixed(1);
