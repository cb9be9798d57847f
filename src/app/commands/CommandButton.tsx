import { Icon, type IconName } from '../parts/Icon';
import { useText } from '../state/language';
import { type CommandContext, type CommandId, commandOf, keyName } from './registry';

/** A command of the registry as an icon; its name and its key are told when it is pointed at. */
export function CommandButton(props: { id: CommandId; icon: IconName; context: CommandContext; pressed?: boolean }) {
  const t = useText();
  const command = commandOf(props.id);
  const key = command.keys[0];
  const name = t.commands.names[props.id];
  return (
    <button
      type="button"
      className="tool"
      title={key ? `${name} (${keyName(key)})` : name}
      aria-label={name}
      aria-pressed={props.pressed}
      onClick={() => command.run(props.context)}
    >
      <Icon of={props.icon} />
    </button>
  );
}
