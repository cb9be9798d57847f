import type { Gap } from '../../trace/gaps';
import type { Span } from '../../trace/span';
import type { Text } from '../text/en';
import { ms } from '../text/format';
import type { Prepared } from './lanes';
import type { Selection } from './selection';

/** What a selection is, in a sentence: for the inspector, and spoken. Empty for one that there is not. */
export function sentenceOf(t: Text, tracks: readonly Prepared[], { track, kind, index }: Selection): string {
  const prepared = tracks[track];
  if (!prepared) return '';
  if (kind === 'gap') {
    const gap = prepared.gaps[index];
    return gap ? gapSentence(t, prepared.track.spans, gap) : '';
  }
  const span = prepared.track.spans[index];
  if (!span) return '';
  const { comma } = t.join;
  const where =
    span.kind === 'message'
      ? `${t.inspector.toDevice(span.rank, span.to)}${comma}${ms(span.start)}`
      : t.inspector.where(span.rank, ms(span.start), ms(span.end));
  return `${span.name}${comma}${blockIn(t, span.block)}${t.inspector.layerOf(span.layer)}${comma}${where}${t.join.colon}${ms(span.end - span.start)}`;
}

/** What a block is called; one that is not known here, as it is written. */
export const blockIn = ({ blocks }: Text, block: string): string =>
  Object.hasOwn(blocks, block) ? blocks[block as keyof Text['blocks']] : block;

/** Why a device did not compute. */
export function gapSentence(
  t: Text,
  spans: readonly Span[],
  { rank, start, end, exposed, category, op, before }: Gap,
): string {
  const time = ms(end - start);
  const kernel = before ? `${before.name}${t.inspector.layerOf(before.layer)}` : '';
  const sentence = () => {
    switch (category) {
      case 'waiting': {
        const collective = spans.find((span) => span.kind === 'collective' && span.op === op);
        const name = collective ? `${collective.name}${t.inspector.layerOf(collective.layer)}` : '';
        return t.inspector.waits.awaited(rank, time, kernel, name);
      }
      case 'host':
        return t.inspector.waits.host(rank, time, kernel);
      case 'launch gap':
        return t.inspector.waits.launchGap(rank, time, kernel);
      case 'peer':
        return t.inspector.waits.peer(rank, time);
      case 'copy':
        return t.inspector.waits.copy(rank, time);
      case 'end':
        return t.inspector.waits.none(rank, time);
      case 'unknown':
        return t.inspector.waits.unknown(rank, time, kernel);
    }
  };
  return `${sentence()} ${exposed ? t.inspector.whileExposed : t.inspector.whileIdle}`;
}
