import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import type { Phrase } from '../words/phrase';
import { Boundary } from './Boundary';
import { type CommandContext, commandFor, commandOf } from './commands/registry';
import { Headline } from './Headline';
import { Inspector } from './inspector/Inspector';
import { linkOf } from './link';
import { Notice } from './Notice';
import { usePlayer } from './player';
import { Results } from './results/Results';
import { Written } from './results/Written';
import { RunList } from './runs/RunList';
import { useRecordedRuns } from './runs/useRecordedRuns';
import { runShown } from './session';
import { Controls } from './settings/Controls';
import { useLab, watched } from './store';
import { Toast } from './Toast';
import { languageOf } from './text/catalogues';
import { useText } from './text/useText';
import { stopChoosing } from './timeline/choosing';
import { focusLanes } from './timeline/focus';
import { PlayerBar } from './timeline/PlayerBar';
import { SpanTable } from './timeline/SpanTable';
import { notMatching } from './timeline/search';
import { Timeline } from './timeline/Timeline';
import { Toolbar } from './timeline/Toolbar';
import { runName, runTitle } from './titles';
import { Update } from './Update';
import { useDescribed } from './useDescribed';
import { useLacking } from './useLacking';
import { useNarrow } from './useNarrow';
import { useTimelines } from './useTimelines';
import { WhenNear } from './WhenNear';
import { Wiring } from './wiring/Wiring';

const Commands = lazy(() => import('./commands/Commands'));
const Charts = lazy(() => import('./charts/Charts'));

export function App({ embedded }: { embedded: boolean }) {
  const t = useText();
  const form = useLab((state) => state.form);
  const described = useDescribed(form.model, form.files);
  const running = useLab((state) => state.live !== null);
  const live = useLab(watched);
  const run = useLab((state) => state.run);
  const lacking = useLacking();
  const runs = useLab((state) => state.runs);
  const top = useLab((state) => state.view.top);
  const bottom = useLab((state) => state.view.bottom);
  const language = useLab((state) => languageOf(state.view));
  const narrow = useNarrow();
  const timelines = useTimelines();
  const [dialog, setDialog] = useState<'palette' | 'help' | null>(null);
  const [problems, setProblems] = useState<readonly Phrase[]>([]);
  const [settingsOpen, setSettingsOpen] = useState(false);
  const [said, setSaid] = useState<{ readonly text: string } | null>(null);
  const session = runShown(runs, { top, bottom });
  const linkHasRun = !session || session.origin === 'recorded';
  const context = useMemo(
    (): CommandContext => ({
      timelines,
      openCommands: setDialog,
      onCopied: (done) =>
        setSaid({ text: done ? (linkHasRun ? t.notice.copied : t.notice.copiedNotRun) : t.notice.notCopied }),
    }),
    [timelines, t, linkHasRun],
  );
  const tell = useCallback((sentences: readonly Phrase[]) => setProblems(sentences), []);
  const unknown = useRecordedRuns(tell);
  // A play head and the end of a range are times of an axis.
  // biome-ignore lint/correctness/useExhaustiveDependencies: this says which axis is shown
  useEffect(() => {
    usePlayer.getState().close();
    stopChoosing();
  }, [timelines.axis]);
  const status = useLab((state) => state.status);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is said once, whatever the language becomes
  useEffect(() => {
    if (status.kind === 'idle' && status.ended) setSaid({ text: t.notice[status.ended] });
  }, [status]);
  // On a small screen what a run does is below the settings that it was begun from.
  useEffect(() => {
    if (running) setSettingsOpen(false);
  }, [running]);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en';
  }, [language]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandFor(event, 'page');
      if (!command) return;
      event.preventDefault();
      command.run(context);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [context]);
  const search = useLab((state) => state.view.search);
  const dimmed = useMemo(
    () => timelines.tracks.map(({ track }) => notMatching(track.spans, search)),
    [timelines, search],
  );
  const shown = useMemo(() => timelines.tracks.map(({ track }) => track), [timelines]);

  const side = (
    <div className="side">
      <Controls described={described} />
      {timelines.tracks.length === 0 && <Wiring described={described} timelines={timelines} />}
    </div>
  );
  const stage = (
    <div className="stage">
      <Notice problems={unknown ? [...problems, unknown] : problems} lacking={lacking} />
      {!embedded &&
        (narrow ? (
          <details className="fold">
            <summary>
              {[t.runs.heading, live ? t.runs.goingOn : session && runName(t, session)]
                .filter(Boolean)
                .join(t.join.colon)}
            </summary>
            <RunList onProblems={tell} onDone={(text) => setSaid({ text })} />
          </details>
        ) : (
          <RunList onProblems={tell} onDone={(text) => setSaid({ text })} />
        ))}
      {!running && session?.origin === 'recorded' && !lacking && (
        <p className="notice">
          {t.runs.measureHere}
          <button type="button" onClick={() => void run()}>
            {runTitle(t, form)}
          </button>
        </p>
      )}
      <Boundary of={timelines} sentence={t.notice.broken}>
        {timelines.tracks.length > 0 ? (
          <>
            <section className="timeline" aria-label={t.timeline.region}>
              <Headline tracks={shown} />
              <Toolbar context={context} dimmed={dimmed} />
              <PlayerBar context={context} />
              <Timeline context={context} dimmed={dimmed} />
            </section>
            <Wiring described={described} timelines={timelines} />
            <Inspector timelines={timelines} />
            <section className="timeline" aria-label={t.timeline.table}>
              <SpanTable timelines={timelines} />
            </section>
          </>
        ) : (
          // A run without timelines has its numbers below.
          (live || !session) && (
            <section className="welcome">
              <p>{live ? t.page.noTimeline : t.page.welcome(runTitle(t, form))}</p>
            </section>
          )
        )}
        {live?.writing && <Written writing={live.writing} finished={null} recorded={false} machine="" />}
        {!live && session && (
          <>
            <Results session={session} />
            {(!embedded || timelines.tracks.length === 0) && (
              <WhenNear>
                <Suspense>
                  <Charts run={session.run} shown={shown} />
                </Suspense>
              </WhenNear>
            )}
          </>
        )}
      </Boundary>
    </div>
  );

  return (
    <>
      {!embedded && (
        <header>
          <button type="button" className="skip" onClick={focusLanes}>
            {t.page.skip}
          </button>
          <div className="head">
            <h1>{t.page.title}</h1>
            <div className="group">
              <LanguageChoice />
              <button type="button" onClick={() => commandOf('copyLink').run(context)}>
                {t.page.copyLink}
              </button>
              <button type="button" onClick={() => setDialog('palette')}>
                {t.page.commands} <kbd>Ctrl K</kbd>
              </button>
              <button type="button" onClick={() => setDialog('help')}>
                {t.page.help}
              </button>
            </div>
          </div>
          <p>{t.page.lead}</p>
        </header>
      )}
      <main className={embedded ? 'embedded' : undefined}>
        {!embedded &&
          (narrow ? (
            // A timeline comes first on a small screen; settings and runs are one tap away.
            <details
              className="fold"
              open={settingsOpen}
              onToggle={(event) => setSettingsOpen(event.currentTarget.open)}
            >
              <summary>{t.page.side}</summary>
              {side}
            </details>
          ) : (
            side
          ))}
        {stage}
      </main>
      <footer>
        {embedded ? (
          <p>
            <a
              href="./"
              target="_blank"
              rel="noreferrer"
              onClick={({ currentTarget }) => {
                const { form, view } = useLab.getState();
                currentTarget.hash = linkOf(form, view);
              }}
            >
              {t.page.openLab}
            </a>
          </p>
        ) : (
          <p>
            {t.page.footer} <a href="https://arxiv.org/abs/2511.11505">arXiv 2511.11505</a>.
          </p>
        )}
      </footer>
      <Toast said={said} />
      <Update onProblem={(why) => tell([why])} />
      {dialog && (
        <Suspense>
          <Commands key={dialog} which={dialog} context={context} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </>
  );
}

function LanguageChoice() {
  const t = useText();
  const lang = useLab((state) => state.view.lang);
  const look = useLab((state) => state.look);
  return (
    <select
      aria-label={t.page.language}
      value={lang}
      onChange={(event) => look({ lang: event.target.value as typeof lang })}
    >
      <option value="auto">{t.page.automatic}</option>
      <option value="en" lang="en">
        English
      </option>
      <option value="zh" lang="zh-Hans">
        简体中文
      </option>
    </select>
  );
}
