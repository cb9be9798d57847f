import { CommandButton } from './commands/CommandButton';
import type { CommandContext } from './commands/registry';
import { focusLanes } from './lanes/focus';
import { PageLink } from './parts/PageLink';
import { useText } from './state/language';
import { useView } from './state/view_store';
import { LANGUAGE_IDS, LANGUAGES } from './text/catalogues';

export function Header(props: {
  context: CommandContext;
  /** The settings beside the timelines; null where they are not beside them. */
  settings: { readonly open: boolean; readonly toggle: () => void } | null;
}) {
  const t = useText();
  return (
    <header>
      <button type="button" className="skip" onClick={focusLanes}>
        {t.page.skip}
      </button>
      <div className="head">
        <h1>{t.page.title}</h1>
        <p>{t.page.lead}</p>
        <nav className="group" aria-label={t.page.pages}>
          <PageLink page="speed" apart>
            {t.speed.link}
          </PageLink>
          <PageLink page="glossary" apart>
            {t.glossary.heading}
          </PageLink>
        </nav>
        <div className="group">
          {props.settings && (
            <button
              type="button"
              id="toggle-settings"
              aria-expanded={props.settings.open}
              aria-controls={props.settings.open ? 'settings' : undefined}
              onClick={props.settings.toggle}
            >
              {t.page.settings}
            </button>
          )}
          <LanguageField />
          <CommandButton id="copyLink" icon="link" context={props.context} />
          <CommandButton id="palette" icon="palette" context={props.context} />
          {document.fullscreenEnabled && <CommandButton id="fullScreen" icon="fullScreen" context={props.context} />}
          <CommandButton id="help" icon="help" context={props.context} />
        </div>
      </div>
    </header>
  );
}

function LanguageField() {
  const t = useText();
  const lang = useView((state) => state.view.lang);
  const { look } = useView.getState();
  return (
    <select
      aria-label={t.page.language}
      value={lang}
      onChange={(event) => look({ lang: event.target.value as typeof lang })}
    >
      <option value="auto">{t.page.automatic}</option>
      {LANGUAGE_IDS.map((id) => (
        <option key={id} value={id} lang={LANGUAGES[id].html}>
          {LANGUAGES[id].name}
        </option>
      ))}
    </select>
  );
}
