import { Command as Menu } from 'cmdk';
import { useEffect, useRef } from 'react';
import { useText } from '../state/language';
import { COMMANDS, type Command, type CommandContext, keyName } from './registry';

/** The palette and the help, both made from the registry. A modal dialog of the browser's own. */
export default function Commands({
  which,
  context,
  onClose,
}: {
  which: 'palette' | 'help';
  context: CommandContext;
  onClose: () => void;
}) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  /** Runs once the dialog is closed, as it may open another. */
  const chosen = useRef<Command | null>(null);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
    // The browser gives the focus to the first button.
    dialog.current?.querySelector('input')?.focus();
  }, []);
  const title = which === 'palette' ? t.commands.heading : t.commands.helpHeading;
  return (
    <dialog
      ref={dialog}
      className="commands"
      aria-label={title}
      onClose={() => {
        onClose();
        chosen.current?.run(context);
      }}
    >
      <div className="dialog-head">
        <h2>{title}</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          {t.commands.close}
        </button>
      </div>
      {which === 'palette' ? (
        <Menu label={t.commands.heading} loop>
          <Menu.Input placeholder={t.commands.search} aria-label={t.commands.search} />
          <Menu.List label={t.commands.heading}>
            <Menu.Empty>{t.commands.none}</Menu.Empty>
            {COMMANDS.filter(
              ({ id }) => id !== 'palette' && (id !== 'open' || document.getElementById('open-runs')),
            ).map((command) => (
              <Menu.Item
                key={command.id}
                value={t.commands.names[command.id]}
                onSelect={() => {
                  chosen.current = command;
                  dialog.current?.close();
                }}
              >
                {t.commands.names[command.id]}
                <kbd>{command.keys[0] && keyName(command.keys[0])}</kbd>
              </Menu.Item>
            ))}
          </Menu.List>
        </Menu>
      ) : (
        <div className="help">
          {(['timeline', 'page'] as const).map((scope) => (
            <section key={scope} aria-label={scope === 'timeline' ? t.commands.keysIn : t.commands.keysAnywhere}>
              <h3>{scope === 'timeline' ? t.commands.keysIn : t.commands.keysAnywhere}</h3>
              <dl>
                {COMMANDS.filter((command) => command.scope === scope && command.keys.length > 0).map(
                  ({ id, keys }) => (
                    <div key={id}>
                      <dt>
                        <kbd>{keys.map(keyName).join(', ')}</kbd>
                      </dt>
                      <dd>{t.commands.names[id]}</dd>
                    </div>
                  ),
                )}
              </dl>
            </section>
          ))}
          <p>{t.commands.arrows}</p>
          <p>{t.timeline.singleKeys}</p>
          <p>{t.commands.mouse}</p>
          <p>{t.commands.about}</p>
        </div>
      )}
    </dialog>
  );
}
