import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import type { Phrase } from '../words/phrase';
import type { CommandContext } from './commands/registry';
import { Headline } from './Headline';
import { Inspector } from './inspector/Inspector';
import { notMatching } from './lanes/search';
import { Notice } from './Notice';
import { Boundary } from './parts/Boundary';
import { runTitle } from './parts/titles';
import { useNarrow } from './parts/useNarrow';
import { WhenNear } from './parts/WhenNear';
import { Compared } from './results/Compared';
import { Results } from './results/Results';
import { Written } from './results/Written';
import { useOpening } from './runs/opening';
import { RunList } from './runs/RunList';
import { useRecordedRuns } from './runs/useRecordedRuns';
import { useEngine, useWatched } from './state/engine_store';
import { useForm } from './state/form_store';
import { useText } from './state/language';
import { useRuns } from './state/runs_store';
import { runName, runShown, type SessionRun } from './state/session';
import { useView } from './state/view_store';
import { PlayerBar } from './timeline/PlayerBar';
import { SpanTable } from './timeline/SpanTable';
import { Timeline } from './timeline/Timeline';
import { Toolbar } from './timeline/Toolbar';
import { useLacking } from './useLacking';

const Charts = lazy(() => import('./charts/Charts'));

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
  const shown = useMemo(() => timelines.tracks.map(({ track }) => track), [timelines]);
  const withTimelines = timelines.tracks.length > 0;
  return (
    <div className="stage">
      <Notice problems={[...problems, ...unread, ...(unknown ? [unknown] : [])]} lacking={lacking} />
      {!embedded && <Runs session={session} onProblems={onProblems} onDone={onDone} />}
      {session?.origin === 'recorded' && !lacking && <MeasureHere />}
      <Boundary of={timelines} sentence={t.notice.broken}>
        {withTimelines && <Drawn context={context} wiring={wiring} />}
        {/* A run without timelines has its numbers below. */}
        {!withTimelines && (live || !session) && <Welcome />}
        {live?.writing && <Written writing={live.writing} finished={null} recorded={false} machine="" />}
        {!live && session && <Results session={session} />}
        {!live && shown[0] && shown[1] && isOfTraces(session) && <Compared first={shown[0]} second={shown[1]} />}
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

function MeasureHere() {
  const t = useText();
  const form = useForm((state) => state.form);
  const running = useEngine((state) => state.live !== null);
  if (running) return null;
  return (
    <p className="notice">
      {t.runs.measureHere}
      <button type="button" onClick={() => void useEngine.getState().run()}>
        {runTitle(t, form)}
      </button>
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
function Drawn({ context, wiring }: Pick<Props, 'context' | 'wiring'>) {
  const t = useText();
  const { timelines } = context;
  const search = useView((state) => state.view.search);
  const dimmed = useMemo(
    () => timelines.tracks.map(({ track }) => notMatching(track.spans, search)),
    [timelines, search],
  );
  return (
    <>
      <section className="timeline" aria-label={t.timeline.region}>
        <Headline tracks={timelines.tracks.map(({ track }) => track)} />
        <Toolbar context={context} dimmed={dimmed} />
        <PlayerBar context={context} />
        <Timeline context={context} dimmed={dimmed} />
      </section>
      {wiring}
      <Inspector timelines={timelines} />
      <section className="timeline" aria-label={t.timeline.table}>
        <SpanTable timelines={timelines} />
      </section>
    </>
  );
}
