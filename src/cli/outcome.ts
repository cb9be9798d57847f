import type { FailureCause } from '../lab/engine/worker';
import type { Phrase } from '../words/phrase';

/** How a job ended, wherever it ran. */
export type Outcome =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly reason: FailureCause; readonly phrase: Phrase };
