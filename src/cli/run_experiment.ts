import type { Job } from '../lab/engine/job';
import { doingIn, type Emit, type ExperimentEvent } from '../lab/experiments/experiment';
import type { ExperimentId, ResultOf } from '../lab/experiments/experiments';
import { countsSteps, type Pace, paceAfter, remainingMs } from '../lab/experiments/pace';
import { InputError } from '../words/error';
import { english, phrase } from '../words/phrase';
import { runInChromium } from './chromium';
import { SITE, type Where } from './commands/command';
import { runInNode } from './node';
import type { Outcome } from './outcome';
import { hasSwiftshaderEnvironment, respawnOnSwiftshader } from './swiftshader';

/**
 * Runs an experiment where asked, telling what it does on stderr; without --gpu on hardware if an adapter answers, else
 * on SwiftShader. Throws InputError.
 */
export async function runExperiment<Id extends ExperimentId>(
  experiment: Id,
  settings: unknown,
  { gpu, runtime, timestamps }: Where,
  onEvent: Emit = () => {},
): Promise<ResultOf<Id>> {
  // With the flags that a headless browser needs for WebGPU, Chromium rounds none.
  if (timestamps === 'rounded' && runtime !== 'node')
    throw new InputError(phrase`--timestamps rounded needs --runtime node: headless Chromium does not round them.`);
  const job: Job = { experiment, settings };
  const tell = teller();
  // What fails here would end in the browser that tells of it.
  let fail: (cause: unknown) => void = () => {};
  const given = new AbortController();
  const failed = new Promise<never>((_, reject) => {
    fail = (cause) => {
      reject(cause);
      given.abort();
    };
  });
  failed.catch(() => {});
  const emit: Emit = (event) => {
    try {
      tell(event);
      onEvent(event);
    } catch (cause) {
      fail(cause);
    }
  };
  const attempt = (kind: 'hardware' | 'swiftshader'): Promise<Outcome> =>
    Promise.race([
      runtime === 'node'
        ? runInNode(job, kind, SITE, emit, timestamps, given.signal)
        : runInChromium(job, kind, SITE, emit),
      failed,
    ]);
  const onSwiftshader = async (): Promise<Outcome> => {
    if (runtime === 'node' && !hasSwiftshaderEnvironment()) return respawnOnSwiftshader();
    return attempt('swiftshader');
  };
  let outcome =
    gpu === 'swiftshader' || hasSwiftshaderEnvironment() ? await onSwiftshader() : await attempt('hardware');
  if (!outcome.ok && outcome.reason === 'no-adapter' && gpu === undefined) outcome = await onSwiftshader();
  if (!outcome.ok) throw new InputError(outcome.phrase);
  return outcome.result as ResultOf<Id>;
}

/** Says what goes on, a line a step; loading tells its bytes often, and is said once, as are remarks. */
function teller(): (event: ExperimentEvent) => void {
  let loading = '';
  let pace: Pace | null = null;
  const remarks = new Set<string>();
  return (event) => {
    if (event.kind === 'remark') {
      const remark = english(event.remark);
      if (!remarks.has(remark)) process.stderr.write(`${remark}\n`);
      remarks.add(remark);
    }
    // A text tells its steps as it goes: in a terminal they would bury what is read.
    if (event.kind !== 'progress' || event.doing.phase === 'generating') return;
    const doing = english(doingIn(event.doing));
    const part = event.part ? `point ${event.part.number} of ${event.part.of}, ` : '';
    pace = paceAfter(pace, event, performance.now());
    const left = pace && countsSteps(event) && remainingMs(pace, performance.now());
    const done = event.total > 0 ? `${Math.floor((100 * event.done) / event.total)} %: ` : '';
    const stillToGo = left ? `, about ${Math.ceil(left / 1000)} s left` : '';
    if (event.doing.phase !== 'loading') process.stderr.write(`${part}${done}${doing}${stillToGo}\n`);
    else if (loading !== part + doing) process.stderr.write(`${part}${doing}\n`);
    loading = event.doing.phase === 'loading' ? part + doing : '';
  };
}
