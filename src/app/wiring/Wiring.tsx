import { useMemo, useRef, useState } from 'react';
import type { SubBlock, Term } from '../../connectivity/connectivity';
import { nameOfMethod } from '../../connectivity/methods';
import type { Block } from '../../program/program';
import type { Span } from '../../trace/span';
import type { Prepared } from '../lanes/lanes';
import { usePointed } from '../lanes/pointed';
import type { Selection } from '../lanes/selection';
import type { Timelines } from '../lanes/timelines';
import { useSelection } from '../lanes/useSelection';
import { inkOn, PALETTE } from '../parts/palette';
import type { Described } from '../parts/useDescribed';
import { SaveButtons } from '../pictures/SaveButtons';
import { useForm } from '../state/form_store';
import { useText } from '../state/language';
import { usePlayer } from '../state/player';
import type { View } from '../state/view';
import { useView } from '../state/view_store';
import type { Text } from '../text/en';
import {
  blockInLayer,
  readsOfLayer,
  sourcesOfLayer,
  typicalLayer,
  underWayAt,
  type Wired,
  wiredOfModel,
  wiredOfTrack,
} from './wiring_data';

/**
 * One layer's wiring, a drawing a connectivity, from the table that the engine lowers: of the runs on show, else of the
 * model and the methods that are chosen. The layer is the one under the pointer, the play head or the selection.
 */
export function Wiring({ described, timelines: { tracks } }: { described: Described; timelines: Timelines }) {
  const t = useText();
  const at = usePlayer((state) => state.at);
  const connectivity = useForm((state) => state.form.connectivity);
  /** By the slider, beside this selection: another one leads elsewhere. */
  const [chosen, setChosen] = useState<{ readonly layer: number; readonly beside: Selection | null } | null>(null);
  const selection = useSelection(tracks);
  // Only what is drawn of it: the pointer moves often.
  const pointed = usePointed(({ hovered }) => hovered?.selection ?? null);
  const looked = pointed ?? selection;
  const layerInView = useView(({ view }) => layerAt(tracks, view));
  const span = looked && spanAt(tracks, looked);
  /** What is lit in a run's drawing: what is pointed at, else what the play head is at or the operation selected. */
  const litIn = (prepared: Prepared, index: number) => {
    if (at !== null && !pointed) return underWayAt(prepared, at);
    return span && looked.track === index
      ? { layer: span.layer, blocks: new Set([blockInLayer(span.block, span.layer)]) }
      : null;
  };
  const wiredOf = useMemo(() => tracks.map(({ track }) => wiredOfTrack(track)), [tracks]);
  const ofRuns = tracks.flatMap((prepared, index) => {
    const wired = wiredOf[index];
    return wired ? [{ wired, underWay: litIn(prepared, index) }] : [];
  });
  const shown =
    ofRuns.length > 0
      ? ofRuns
      : described.kind === 'found'
        ? connectivity.flatMap((name) => {
            const wired = wiredOfModel(described.checkpoint, name);
            return wired ? [{ wired, underWay: null }] : [];
          })
        : [];
  const drawn = useRef<HTMLDivElement>(null);
  const picture = async () => {
    const { svgOfAll } = await import('../pictures/drawn_svg');
    const figures = [...(drawn.current?.querySelectorAll('figure') ?? [])];
    return svgOfAll(figures.map((each) => [each.querySelector('svg')!, each.querySelector('figcaption')!.textContent]));
  };
  const first = shown[0];
  if (!first) return null;
  const last = first.wired.table.length - 1;
  const replayed = at !== null && !pointed && shown.some(({ underWay }) => underWay);
  const picked = chosen?.beside === selection ? chosen.layer : null;
  const layer = Math.min(last, (pointed ? null : picked) ?? span?.layer ?? layerInView ?? typicalLayer(first.wired));
  return (
    <section className="wiring">
      <div className="wiring-head">
        <h2>{replayed ? t.wiring.headingNow : t.wiring.heading(layer)}</h2>
        {!replayed && (
          <input
            type="range"
            aria-label={t.wiring.layer}
            min={0}
            max={last}
            value={layer}
            onChange={(event) => setChosen({ layer: event.target.valueAsNumber, beside: selection })}
          />
        )}
        <SaveButtons of={t.wiring.heading(layer)} file={`farskip-lab-wiring-${layer}`} svg={picture} />
      </div>
      <div className="wirings" ref={drawn}>
        {shown.map(({ wired, underWay }, i) => (
          <Drawing
            // biome-ignore lint/suspicious/noArrayIndexKey: a run is told by its place
            key={i}
            wired={wired}
            // While a run is replayed its own layer is drawn.
            layer={replayed ? (underWay?.layer ?? layer) : layer}
            lit={underWay?.blocks ?? null}
            t={t}
          />
        ))}
      </div>
      <p className="hint">
        {t.wiring.legend}
        {at !== null && ` · ${t.wiring.now}`}
      </p>
    </section>
  );
}

/** The layer in the middle of what is in view; null where all is. */
function layerAt(tracks: readonly Prepared[], { from, to }: View): number | null {
  if (from === null || to === null) return null;
  return tracks[0]?.layers.findLast(({ at }) => at <= (from + to) / 2)?.layer ?? null;
}

/** A span, or the work that a gap is before. */
function spanAt(tracks: readonly Prepared[], { track, kind, index }: Selection): Span | undefined {
  const prepared = tracks[track];
  return kind === 'span' ? prepared?.track.spans[index] : (prepared?.gaps[index]?.before ?? undefined);
}

const PLACES: Readonly<Record<SubBlock, number>> = { attention: 60, routed: 180, shared: 300 };

/** What a term is called, and when it is there. */
function sourceOf(t: Text, term: Term): { readonly label: string; readonly note: string } {
  const [block, of] = term.split('.');
  const layer = Number(of);
  switch (block) {
    case 'routed':
      return { label: t.wiring.routedTerm(layer), note: t.wiring.afterCombine };
    case 'shared':
      return { label: t.wiring.shared(layer), note: t.wiring.afterMlp };
    case 'attention':
      return { label: t.wiring.attention(layer), note: t.wiring.afterAttention };
    default:
      return { label: t.wiring.streamSoFar, note: t.wiring.atHand };
  }
}

function Drawing({ wired, layer, lit, t }: { wired: Wired; layer: number; lit: ReadonlySet<string> | null; t: Text }) {
  const terms = sourcesOfLayer(wired, layer);
  const sources = terms.map((term, i) => ({
    term,
    ...sourceOf(t, term),
    x: 60 + (240 * i) / Math.max(1, terms.length - 1),
    lit:
      term.startsWith('routed') &&
      ((lit?.has(blockInLayer('combine', layer - 1)) || lit?.has(blockInLayer('all-reduce', layer - 1))) ?? false),
  }));
  const labels: Readonly<Record<SubBlock, string>> = {
    attention: t.wiring.attention(layer),
    routed: t.wiring.routed(layer),
    shared: t.wiring.shared(layer),
  };
  const reads = readsOfLayer(wired, layer);
  const readers = wired.has[layer] ?? [];
  const sentence = readers
    .map((block) => {
      const left =
        wired.table[layer]?.[block].map((term) => sources.find((source) => source.term === term)?.label ?? term) ?? [];
      return left.length > 0
        ? t.wiring.doesNotWait(labels[block], left.join(t.join.comma))
        : t.wiring.readsAll(labels[block]);
    })
    .join(t.join.semicolon);
  const name = t.say(nameOfMethod(wired.name));
  const parts: Readonly<Record<SubBlock, readonly Block[]>> = {
    attention: ['attention'],
    routed: ['router', 'dispatch', 'routed', 'combine'],
    shared: ['shared'],
  };
  const isLit = (block: SubBlock) => parts[block].some((part) => lit?.has(blockInLayer(part, layer)));
  return (
    <figure>
      <figcaption>
        {name}
        {t.join.comma}
        {t.timeline.layer(layer)}
      </figcaption>
      <svg viewBox="0 0 360 162" role="img" aria-label={`${name}${t.join.colon}${sentence}`}>
        {sources.map(({ term, label, note, x, lit: glows }) => (
          <g key={term} className={glows ? 'lit' : undefined}>
            <text x={x} y={16} textAnchor="middle" className="strong">
              {label}
            </text>
            <text x={x} y={32} textAnchor="middle" className="faint">
              {note}
            </text>
            <circle cx={x} cy={44} r={glows ? 7 : 4} className="dot" />
          </g>
        ))}
        {reads.map(({ block, term, kept }) => {
          const from = sources.find((source) => source.term === term)!.x;
          const to = PLACES[block];
          return (
            <path
              key={`${block} ${term}`}
              d={`M${from} 48 C ${from} 90, ${to} 90, ${to} 128`}
              stroke={kept ? PALETTE[block].colour : 'currentColor'}
              className={kept ? (isLit(block) ? 'read lit' : 'read') : 'left-out'}
            />
          );
        })}
        {readers.map((block) => (
          <g key={block} className={isLit(block) ? 'lit' : undefined}>
            <rect x={PLACES[block] - 56} y={130} width={112} height={26} rx={5} fill={PALETTE[block].colour} />
            <text
              x={PLACES[block]}
              y={147}
              textAnchor="middle"
              style={{ fill: inkOn(PALETTE[block].colour) }}
              className="on-colour"
            >
              {labels[block]}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}
