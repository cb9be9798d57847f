import { scaleLinear } from 'd3-scale';
import { memo, useMemo, useRef, useState } from 'react';
import { BLOCKS } from '../program/program';
import type { Span } from '../trace/span';
import { PALETTE } from './palette';
import { SpanCard } from './SpanCard';
import type { Track } from './store';
import { useWidth } from './useWidth';

const LABEL = 76;
const LANE = 15;
const GAP = 5;
const AXIS = 22;

type Placed = { readonly span: Span; readonly y: number; readonly height: number };

/** Lanes of one or more runs under each other on one time axis: per device a compute lane and a communication lane. */
export function Timeline({ tracks }: { tracks: readonly Track[] }) {
  const [holder, width] = useWidth();
  const end = Math.max(1, ...tracks.flatMap(({ spans }) => spans.map((span) => span.end)));
  /** Blocks on show, one of those that are drawn alike. */
  const legend = useMemo(() => {
    const shown = new Set(tracks.flatMap(({ spans }) => spans.map(({ block }) => block)));
    return [...new Map(BLOCKS.filter((block) => shown.has(block)).map((block) => [PALETTE[block].label, block])).values()];
  }, [tracks]);
  return (
    <section className="timeline" ref={holder} aria-label="Timelines">
      <Hatches />
      {tracks.map((track) => (
        <Lanes key={`${track.combination.connectivity} ${track.combination.schedule}`} track={track} end={end} width={width} />
      ))}
      <ul className="legend">
        {legend.map((block) => (
          <li key={block}>
            <svg width={14} height={14} aria-hidden="true">
              <rect width={14} height={14} fill={fillOf(block)} />
            </svg>
            {PALETTE[block].label}
          </li>
        ))}
      </ul>
    </section>
  );
}

const Lanes = memo(function Lanes({ track, end, width }: { track: Track; end: number; width: number }) {
  const { combination, spans } = track;
  const [selected, setSelected] = useState<number | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const ranks = 1 + Math.max(0, ...spans.map((span) => span.rank));
  const placed = useMemo(() => place(spans), [spans]);
  const scale = scaleLinear([0, end], [LABEL, Math.max(LABEL + 50, width - 8)]);
  const height = AXIS + ranks * (2 * LANE + GAP);
  const title = `${combination.connectivity === 'farskip' ? 'FarSkip' : 'Regular'}, ${combination.schedule}`;
  const chosen = selected === null ? undefined : placed[selected];

  /** Left and right go to the neighbour in the same lane, up and down to the lane above or below, nearest in time. */
  const move = (key: string) => {
    const from = chosen ?? placed[0];
    if (!from) return;
    if (!chosen) return setSelected(0);
    const horizontal = key === 'ArrowLeft' || key === 'ArrowRight';
    const candidates = placed.flatMap((p, i) => {
      if (horizontal) {
        const ahead = key === 'ArrowRight' ? p.span.start - from.span.start : from.span.start - p.span.start;
        return p.y === from.y && p !== from && ahead >= 0 ? [[ahead, i] as const] : [];
      }
      const lanes = key === 'ArrowDown' ? p.y - from.y : from.y - p.y;
      return lanes > 0 ? [[lanes * 1e6 + Math.abs(p.span.start - from.span.start), i] as const] : [];
    });
    const best = candidates.reduce<readonly [number, number] | null>((a, b) => (a === null || b[0] < a[0] ? b : a), null);
    if (best) setSelected(best[1]);
  };

  return (
    <div className="lanes" ref={frame}>
      <h2>{title}</h2>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the lanes are walked with the arrow keys, and what is selected is spoken
        tabIndex={0}
        role="application"
        aria-label={`Lanes of ${title}: arrow keys go from span to span`}
        onKeyDown={(event) => {
          if (!event.key.startsWith('Arrow')) return;
          event.preventDefault();
          move(event.key);
        }}
        onPointerMove={(event) => {
          const index = (event.target as Element).getAttribute('data-span');
          setSelected(index === null ? null : Number(index));
        }}
        onPointerLeave={() => setSelected(null)}
      >
        <svg width="100%" height={height} aria-hidden="true">
          {scale.ticks(Math.max(2, Math.floor(width / 110))).map((tick) => (
            <g key={tick} transform={`translate(${scale(tick)},0)`} className="tick">
              <line y1={14} y2={height} />
              <text y={10} textAnchor="middle">
                {tick} ms
              </text>
            </g>
          ))}
          {Array.from({ length: ranks }, (_, rank) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a device is its index
            <g key={rank} className="device">
              <text x={0} y={AXIS + rank * (2 * LANE + GAP) + 12}>
                Device {rank}
              </text>
              <text x={0} y={AXIS + rank * (2 * LANE + GAP) + LANE + 11} className="faint">
                its wire
              </text>
            </g>
          ))}
          <Bars placed={placed} from={scale(0)} perMs={scale(1) - scale(0)} />
          {chosen && (
            <rect
              className="chosen"
              x={scale(chosen.span.start)}
              y={chosen.y}
              width={Math.max(2, scale(chosen.span.end) - scale(chosen.span.start))}
              height={chosen.height}
            />
          )}
        </svg>
      </div>
      {chosen && <SpanCard span={chosen.span} left={Math.min(scale(chosen.span.start), width - 250)} top={chosen.y + 64} />}
    </div>
  );
});

/** The bars alone, so that pointing at one redraws none. */
const Bars = memo(function Bars({ placed, from, perMs }: { placed: readonly Placed[]; from: number; perMs: number }) {
  return placed.map(({ span, y, height }, i) => (
    <rect
      // biome-ignore lint/suspicious/noArrayIndexKey: spans have no other identity and are never reordered
      key={i}
      data-span={i}
      data-kind={span.kind}
      x={from + span.start * perMs}
      y={y}
      width={Math.max(0.5, (span.end - span.start) * perMs)}
      height={height}
      fill={span.kind === 'collective' ? PALETTE[span.block].colour : fillOf(span.block)}
      className={span.kind === 'compute' && span.uncertain ? 'compute uncertain' : span.kind}
    />
  ));
});

/** Collectives fill the communication lane faintly, their messages lie inside. */
function place(spans: readonly Span[]): Placed[] {
  const order = { compute: 0, collective: 1, message: 2 } as const;
  return spans
    .toSorted((a, b) => order[a.kind] - order[b.kind])
    .map((span) => {
      const top = AXIS + span.rank * (2 * LANE + GAP);
      if (span.kind === 'compute') return { span, y: top, height: LANE - 1 };
      return span.kind === 'collective' ? { span, y: top + LANE, height: LANE - 2 } : { span, y: top + LANE + 3, height: LANE - 8 };
    });
}

const fillOf = (block: Span['block']) => (PALETTE[block].hatch ? `url(#hatch-${block})` : PALETTE[block].colour);

function Hatches() {
  return (
    <svg width={0} height={0} aria-hidden="true" className="hatches">
      <defs>
        {BLOCKS.map((block) => {
          const { hatch, colour } = PALETTE[block];
          return (
            hatch && (
              <pattern key={block} id={`hatch-${block}`} width={6} height={6} patternUnits="userSpaceOnUse">
                <rect width={6} height={6} fill={colour} />
                <path d={hatch === 'up' ? 'M0 6 L6 0' : 'M0 0 L6 6'} stroke="#1a1a1a" strokeWidth={1.2} />
              </pattern>
            )
          );
        })}
      </defs>
    </svg>
  );
}
