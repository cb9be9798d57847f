import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import type { Phrase } from '../words/phrase';
import { type CommandContext, commandFor } from './commands/registry';
import { Footer } from './Footer';
import { Header } from './Header';
import { stopChoosing } from './lanes/choosing';
import { Toast } from './parts/Toast';
import { useDescribed } from './parts/useDescribed';
import { useLanguageOfPage } from './parts/useLanguageOfPage';
import { useNarrow } from './parts/useNarrow';
import { Stage } from './Stage';
import { useEngine } from './state/engine_store';
import { useForm } from './state/form_store';
import { useText } from './state/language';
import { OPENED } from './state/opened';
import { usePlayer } from './state/player';
import { useRuns } from './state/runs_store';
import { runShown } from './state/session';
import { useView } from './state/view_store';
import { Update } from './Update';
import { useDrop } from './useDrop';
import { useFormOfShown } from './useFormOfShown';
import { useTimelines } from './useTimelines';
import { Wiring } from './wiring/Wiring';

// Folded away at first.
const Controls = lazy(async () => ({ default: (await import('./settings/Controls')).Controls }));
const Commands = lazy(() => import('./commands/Commands'));

export function App({ embedded }: { embedded: boolean }) {
  const form = useForm((state) => state.form);
  const described = useDescribed(form.model, form.files);
  const timelines = useTimelines();
  const [dialog, setDialog] = useState<'palette' | 'help' | null>(null);
  const narrow = useNarrow();
  // A link that says settings shows them.
  const [settings, setSettings] = useState(OPENED.saysSettings);
  const [problems, setProblems] = useState<readonly Phrase[]>([]);
  const [said, say] = useSaid();
  const context = useCommandContext(timelines, setDialog, say);
  useLanguageOfPage();
  useDrop(!embedded);
  useFormOfShown(!embedded);
  // A play head and the end of a range are times of an axis.
  // biome-ignore lint/correctness/useExhaustiveDependencies: this says which axis is shown
  useEffect(() => {
    usePlayer.getState().close();
    stopChoosing();
  }, [timelines.axis]);
  const closeSettings = () => {
    setSettings(false);
    document.getElementById('toggle-settings')?.focus();
  };
  const wiring = <Wiring described={described} timelines={timelines} />;
  const side = !embedded && (narrow || settings) && (
    <Side narrow={narrow} onClose={closeSettings}>
      <Suspense>
        <Controls described={described} />
      </Suspense>
      {timelines.tracks.length === 0 && wiring}
    </Side>
  );
  return (
    <>
      {!embedded && (
        <Header context={context} settings={narrow ? null : { open: settings, toggle: () => setSettings(!settings) }} />
      )}
      <main className={embedded || !settings ? 'alone' : undefined}>
        {!narrow && side}
        <Stage
          embedded={embedded}
          context={context}
          problems={problems}
          onProblems={setProblems}
          onDone={say}
          wiring={wiring}
        />
        {narrow && side}
      </main>
      <Footer embedded={embedded} />
      <Toast said={said} />
      <Update onProblem={(why) => setProblems([why])} />
      {dialog && (
        <Suspense>
          <Commands key={dialog} which={dialog} context={context} onClose={() => setDialog(null)} />
        </Suspense>
      )}
    </>
  );
}

/**
 * Settings and wiring, beside the timelines or, where there is too little room, over them: Escape closes them. On a
 * small screen, where timelines come first, they are one tap away.
 */
function Side({ narrow, onClose, children }: { narrow: boolean; onClose: () => void; children: ReactNode }) {
  const t = useText();
  const running = useEngine((state) => state.live !== null);
  const [open, setOpen] = useState(false);
  // What a run does is below the settings that it was begun from.
  useEffect(() => {
    if (running) setOpen(false);
  }, [running]);
  if (!narrow)
    return (
      // biome-ignore lint/a11y/noStaticElementInteractions: a key of all that is in it, not of itself
      <div className="side" id="settings" onKeyDown={(event) => event.key === 'Escape' && onClose()}>
        {children}
      </div>
    );
  return (
    <details className="fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.page.side}</summary>
      <div className="side">{children}</div>
    </details>
  );
}

/** The sentence that a toast says, each time anew: what was done, and how a run has ended. */
function useSaid(): [{ readonly text: string } | null, (text: string) => void] {
  const t = useText();
  const [said, setSaid] = useState<{ readonly text: string } | null>(null);
  const status = useEngine((state) => state.status);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is said once, whatever the language becomes
  useEffect(() => {
    if (status.kind === 'idle' && status.ended) setSaid({ text: t.notice[status.ended] });
  }, [status]);
  return [said, (text) => setSaid({ text })];
}

/** What commands act on; their keys work all over the page. */
function useCommandContext(
  timelines: CommandContext['timelines'],
  openCommands: CommandContext['openCommands'],
  say: (text: string) => void,
): CommandContext {
  const t = useText();
  const runs = useRuns((state) => state.runs);
  const tracks = useView((state) => state.view.tracks);
  const session = runShown(runs, tracks);
  const linkHasRun = !session || session.origin === 'recorded';
  const copied = linkHasRun ? t.notice.copied : t.notice.copiedNotRun;
  // biome-ignore lint/correctness/useExhaustiveDependencies: saying and opening do the same each time
  const context = useMemo(
    (): CommandContext => ({
      timelines,
      openCommands,
      onCopied: (done) => say(done ? copied : t.notice.notCopied),
    }),
    [timelines, t, copied],
  );
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
  return context;
}
