import { parseRunFile, toRunFile } from '../lab/runs/run_file';
import { InputError } from '../words/error';
import { type Phrase, phrase } from '../words/phrase';
import { whyNot, z } from '../words/zod';
import { ofThisVersion } from './embed_upgrade';
import { useEngine } from './state/engine_store';
import { FormSettings } from './state/form';
import { useForm } from './state/form_store';
import { textNow } from './state/language';
import { LINK_VERSION } from './state/link';
import { useRuns } from './state/runs_store';
import { namesShown, runShown } from './state/session';
import { View } from './state/view';
import { useView } from './state/view_store';

/** Of the protocol (docs/embedding.md). */
const PROTOCOL = 1;

const Message = z.discriminatedUnion('type', [
  z.strictObject({
    farskipLab: z.literal(PROTOCOL),
    type: z.literal('set'),
    settings: FormSettings.partial().strict().optional(),
    view: View.partial().strict().optional(),
  }),
  z.strictObject({ farskipLab: z.literal(PROTOCOL), type: z.literal('open'), file: z.string().max(512 * 2 ** 20) }),
  z.strictObject({ farskipLab: z.literal(PROTOCOL), type: z.enum(['run', 'stop', 'get', 'save']) }),
]);

/**
 * The origins that `?embed=ORIGIN,ORIGIN` names; bare `?embed` allows pages of the lab's own origin. What is no origin
 * is left out.
 */
function allowedOrigins(embed: string, own: string): string[] {
  if (embed === '') return [own];
  return embed.split(',').filter((origin) => {
    try {
      return new URL(origin).origin === origin;
    } catch {
      return false;
    }
  });
}

/**
 * Lets a page that the lab is embedded in, and that its address allows, set it, run it and hear of it. Messages of
 * other origins are ignored.
 */
export function serveEmbedder(embed: string): void {
  const allowed = allowedOrigins(embed, location.origin);
  const { parent } = window;
  if (parent === window) return;
  const tell = (message: object) => {
    // A browser delivers it only where the parent is of that origin.
    for (const origin of allowed) parent.postMessage({ farskipLab: PROTOCOL, ...message }, origin);
  };
  const fail = (why: Phrase) => tell({ type: 'error', message: textNow().say(why) });
  const state = () => {
    const { files: _, ...settings } = useForm.getState().form;
    const runs = useRuns.getState().runs.map(({ run }) => ({ id: run.id, name: run.name, kind: run.kind }));
    const { view } = useView.getState();
    return { type: 'state', link: LINK_VERSION, settings, view, status: useEngine.getState().status.kind, runs };
  };
  const tracksShown = () => namesShown(useRuns.getState().runs, useView.getState().view.tracks);
  const shownRun = () => runShown(useRuns.getState().runs, useView.getState().view.tracks);

  window.addEventListener('message', ({ origin, source, data }: MessageEvent<unknown>) => {
    if (source !== parent || !allowed.includes(origin)) return;
    const now = { form: useForm.getState().form, tracks: tracksShown() };
    const parsed = Message.safeParse(ofThisVersion(data, now));
    if (!parsed.success) {
      return fail(phrase`The message can't be used: ${whyNot(parsed.error)}.`);
    }
    const message = parsed.data;
    switch (message.type) {
      case 'set':
        if (message.settings) useForm.getState().edit(withoutUndefined(message.settings));
        if (message.view) useView.getState().look(withoutUndefined(message.view));
        return tell(state());
      case 'run':
        void useEngine.getState().run();
        return;
      case 'stop':
        return useEngine.getState().stop();
      case 'get':
        return tell(state());
      case 'open':
        try {
          useRuns.getState().add([parseRunFile('the message', message.file)], 'opened', true);
          return tell(state());
        } catch (cause) {
          if (!(cause instanceof InputError)) throw cause;
          return fail(cause.phrase);
        }
      case 'save': {
        const shown = shownRun();
        return shown
          ? tell({ type: 'file', id: shown.run.id, file: toRunFile(shown.run) })
          : fail(phrase`No run is on show.`);
      }
    }
  });
  useRuns.subscribe(({ runs }, before) => runs !== before.runs && tell(state()));
  useEngine.subscribe(({ status }, before) => {
    if (status.kind !== before.status.kind) tell(state());
    if (status.kind === 'running' && status !== before.status)
      tell({ type: 'progress', done: status.done, total: status.total });
    if (status.kind === 'failed' && before.status.kind !== 'failed') fail(status.phrase);
  });
  tell({ type: 'ready' });
}

const withoutUndefined = <T extends object>(partial: T) =>
  Object.fromEntries(Object.entries(partial).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
