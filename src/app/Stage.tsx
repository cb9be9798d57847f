import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import type { Size } from '../lab/experiments/sizing';
import type { Phrase } from '../words/phrase';
import type { CommandContext } from './commands/registry';
import { Figures } from './figures/Figures';
import { Steppers } from './figures/Steppers';
import { Inspector } from './inspector/Inspector';
import { notMatching } from './lanes/search';
import { Notice } from './Notice';
import { Boundary } from './parts/Boundary';
import { sizedRun } from './parts/sized_run';
import { runTitle } from './parts/titles';
import { useNarrow } from './parts/useNarrow';
import { WhenNear } from './parts/WhenNear';
import { TimelinePicture } from './pictures/TimelinePicture';
import { useKeptRuns } from './runs/kept_runs';
import { useOpening } from './runs/opening';
import { RunList } from './runs/RunList';
import { useRecordedRuns } from './runs/useRecordedRuns';
import { useEngine, useWatched } from './state/engine_store';
import { useForm } from './state/form_store';
import { useText } from './state/language';
import { useRuns } from './state/runs_store';
import { namesShown, runName, runShown, type SessionRun } from './state/session';
import { useView } from './state/view_store';
import { Legend } from './timeline/Legend';
import { PlayerBar } from './timeline/PlayerBar';
import { SpanTable } from './timeline/SpanTable';
import { Timeline } from './timeline/Timeline';
import { Toolbar } from './timeline/Toolbar';
import { useLacking } from './useLacking';

const Charts = lazy(() => import('./charts/Charts'));
// Below the lanes, and so after them.
const Compared = lazy(async () => ({ default: (await import('./results/Compared')).Compared }));
const Results = lazy(async () => ({ default: (await import('./results/Results')).Results }));
const Texts = lazy(async () => ({ default: (await import('./results/Texts')).Texts }));
const Written = lazy(async () => ({ default: (await import('./results/Written')).Written }));

type Props = {
  readonly embedded: boolean;
  readonly context: CommandContext;
  readonly problems: readonly Phrase[];
  readonly onProblems: (sentences: readonly Phrase[]) => void;
  readonly onDone: (sentence: string) => void;
  readonly wiring: ReactNode;
};

/** Everything about runs: the list, what goes on, timelines, selection, numbers, charts. */
export function Stage({ embedded, context, problems, onProblems, onDone, wiring }: Props) {
  const t = useText();
  const { timelines } = context;
  const live = useWatched();
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const session = runShown(runs, tracks);
  const lacking = useLacking();
  const unknown = useRecordedRuns(onProblems);
  const unread = useOpening((state) => state.problems);
  const unkept = useKeptRuns((state) => state.problems);
  const shown = useMemo(() => timelines.tracks.map(({ track }) => track), [timelines]);
  const withTimelines = timelines.tracks.length > 0;
  return (
    <div className="stage">
      <Notice problems={[...problems, ...unread, ...unkept, ...(unknown ? [unknown] : [])]} lacking={lacking} />
      <Sized />
      <Figures timelines={timelines} session={live ? undefined : session}>
        {!embedded && !live && session && (
          <div className="figures-controls">
            <Steppers session={session} names={namesShown(runs, tracks)} onProblems={onProblems} />
            {session.origin === 'recorded' && !lacking && <MeasureHere session={session} />}
          </div>
        )}
      </Figures>
      <Boundary of={timelines} sentence={t.notice.broken}>
        <Suspense>
          {live?.writing && <Texts results={live.writing.results} running />}
          {!live && session?.run.kind === 'generation' && (
            <Texts results={session.run.result.results} running={false} />
          )}
        </Suspense>
        {withTimelines && <Drawn context={context} wiring={wiring} session={live ? undefined : session} />}
        {!embedded && <Runs session={session} onProblems={onProblems} onDone={onDone} />}
        {/* A run without timelines has its numbers below. */}
        {!withTimelines && (live || !session) && <Welcome />}
        <Suspense>
          {live?.writing && <Written writing={live.writing} finished={null} recorded={false} machine="" />}
          {!live && session && <Results session={session} />}
          {!live && shown[0] && shown[1] && isOfTraces(session) && <Compared first={shown[0]} second={shown[1]} />}
        </Suspense>
        {!live && session && !(embedded && withTimelines) && (
          <WhenNear>
            <Suspense>
              <Charts run={session.run} shown={shown} />
            </Suspense>
          </WhenNear>
        )}
      </Boundary>
    </div>
  );
}

/** Of kernels alone: of others there are numbers. */
const isOfTraces = (session: SessionRun | undefined): boolean =>
  session?.run.kind === 'trace' || session?.run.kind === 'traces';

/** The list of runs; on a small screen, where a timeline comes first, it is one tap away. */
function Runs({ session, ...tell }: Pick<Props, 'onProblems' | 'onDone'> & { session: SessionRun | undefined }) {
  const t = useText();
  const live = useWatched();
  if (!useNarrow()) return <RunList {...tell} />;
  const shown = live ? t.runs.goingOn : session && runName(t, session);
  return (
    <details className="fold">
      <summary>{[t.runs.heading, shown].filter(Boolean).join(t.join.colon)}</summary>
      <RunList {...tell} />
    </details>
  );
}

/** Measures what is on show on this device. */
function MeasureHere({ session }: { session: SessionRun }) {
  const t = useText();
  const form = useForm((state) => state.form);
  const running = useEngine((state) => state.status.kind === 'running');
  if (running) return null;
  const sized = sizedRun(session);
  return (
    <button type="button" id="run-here" className="primary" onClick={sized ?? (() => void useEngine.getState().run())}>
      {sized ? t.runs.onMyGpu : runTitle(t, form)}
    </button>
  );
}

/** Says how large a run was made for this GPU. */
function Sized() {
  const t = useText();
  const sized = useEngine((state) => state.sized);
  const said = ({ model, tokens, predictedMs }: Size) =>
    t.runs.size(model, tokens, t.notice.seconds(Math.ceil(predictedMs / 1000)));
  return (
    <p className={sized ? 'notice' : 'visually-hidden'} role="status">
      {sized && t.runs.sized(said(sized.chosen))} {sized?.beyond && t.runs.beyond(said(sized.beyond))}
    </p>
  );
}

function Welcome() {
  const t = useText();
  const live = useWatched();
  const form = useForm((state) => state.form);
  return (
    <section className="welcome">
      <p>{live ? t.page.noTimeline : t.page.welcome(runTitle(t, form))}</p>
    </section>
  );
}

/** The timelines, and what is selected in them. */
function Drawn({ context, wiring, session }: Pick<Props, 'context' | 'wiring'> & { session: SessionRun | undefined }) {
  const t = useText();
  const { timelines } = context;
  // On a small screen the lanes come first.
  const narrow = useNarrow();
  const search = useView((state) => state.view.search);
  const dimmed = useMemo(
    () => timelines.tracks.map(({ track }) => notMatching(track.spans, search)),
    [timelines, search],
  );
  return (
    <>
      <section className="timeline" aria-label={t.timeline.region}>
        <div className="tools">
          <PlayerBar context={context} />
          {!narrow && <Toolbar context={context} dimmed={dimmed} />}
        </div>
        <Timeline context={context} dimmed={dimmed} />
        {narrow && <Toolbar context={context} dimmed={dimmed} />}
        <div className="docked">
          <div>
            <TimelinePicture timelines={timelines} session={session} />
            <Inspector timelines={timelines} />
            <Legend timelines={timelines} />
          </div>
          {wiring}
        </div>
      </section>
      <section className="timeline" aria-label={t.timeline.table}>
        <SpanTable timelines={timelines} />
      </section>
    </>
  );
}
