import { CommandButton } from '../commands/CommandButton';
import { type CommandContext, commandOf } from '../commands/registry';
import { useChoosing } from '../lanes/choosing';
import { Choice } from '../parts/fields';
import { useText } from '../state/language';
import { useView } from '../state/view_store';

/** Search, zoom and what is drawn; each button is a command of the registry. */
export function Toolbar({ context, dimmed }: { context: CommandContext; dimmed: readonly (Uint8Array | null)[] }) {
  const t = useText();
  const look = useView((state) => state.look);
  const search = useView((state) => state.view.search);
  const windows = useView((state) => state.view.windows);
  const arrows = useView((state) => state.view.arrows);
  const align = useView((state) => state.view.align);
  const found = dimmed.reduce(
    (sum, missing) => sum + (missing ? missing.reduce((count, out) => count + 1 - out, 0) : 0),
    0,
  );
  const choosing = useChoosing((state) => state.on);
  return (
    <div className="toolbar">
      <label className="search">
        <span className="visually-hidden">{t.timeline.search}</span>
        <input
          id="span-search"
          type="search"
          placeholder={`${t.timeline.search}: ${t.timeline.searchHint}`}
          value={search}
          maxLength={200}
          onChange={(event) => look({ search: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            commandOf(event.shiftKey ? 'previousMatch' : 'nextMatch').run(context);
          }}
        />
      </label>
      {search && (
        <span className="faint" role="status">
          {t.timeline.matches(found)}
        </span>
      )}
      <div className="group">
        <CommandButton id="zoomOut" icon="zoomOut" context={context} />
        <CommandButton id="zoomIn" icon="zoomIn" context={context} />
        <CommandButton id="fit" icon="fit" context={context} />
        <CommandButton id="fitAll" icon="fitAll" context={context} />
        <CommandButton id="chooseRange" icon="chooseRange" context={context} pressed={choosing} />
        <CommandButton id="windows" icon="windows" context={context} pressed={windows} />
        <CommandButton id="arrows" icon="arrows" context={context} pressed={arrows} />
      </div>
      {context.timelines.differences.length > 0 && (
        <Choice
          name="align"
          label={t.timeline.align}
          value={align}
          options={[
            ['time', t.timeline.alignTime],
            ['layer', t.timeline.alignLayer],
          ]}
          onChange={(next) => look({ align: next, from: null, to: null, range: null, marks: [] })}
        />
      )}
    </div>
  );
}
