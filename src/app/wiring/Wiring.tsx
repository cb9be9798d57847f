import { connectivityOf, readsOf, type SubBlock, type Term, termsOf } from '../connectivity/connectivity';
import { namedSwitches } from '../connectivity/switches';
import { isMoe } from '../model/spec';
import { PALETTE } from './palette';
import { useLab } from './store';
import type { Described } from './useDescribed';

/** One layer's wiring, drawn from the connectivity table that the engine lowers. */
export function Wiring({ described }: { described: Described }) {
  const farskip = useLab((state) => state.form.farskip);
  if (described.kind !== 'found') return null;
  const { spec } = described.checkpoint;
  const connectivity = connectivityOf(spec, namedSwitches(farskip ? 'farskip' : 'regular', spec));
  const layer = spec.layers.findIndex((own, k) => k > 0 && isMoe(own) && isMoe(spec.layers[k - 1]!));
  if (layer < 0) return null;
  const late: Term = `routed.${layer - 1}`;
  const own: Term = `attention.${layer}`;
  const sources: { term: Term; label: string; note: string; x: number }[] = [
    { term: 'embedding', label: 'stream so far', note: 'at hand', x: 60 },
    { term: late, label: `routed ${layer - 1}`, note: 'after Combine', x: 180 },
    { term: own, label: `attention ${layer}`, note: 'after attention', x: 300 },
  ];
  const all: { block: SubBlock; label: string; x: number }[] = [
    { block: 'attention', label: `attention ${layer}`, x: 60 },
    { block: 'routed', label: `router, routed ${layer}`, x: 180 },
    { block: 'shared', label: `shared ${layer}`, x: 300 },
  ];
  const has = termsOf(spec, layer);
  const readers = all.filter(({ block }) => has.includes(`${block}.${layer}`));
  const reads = readers.flatMap(({ block, x }) => {
    const read = readsOf(spec, connectivity, layer, block);
    const leaves = connectivity[layer]![block];
    return sources.flatMap((source) =>
      read.includes(source.term)
        ? [{ key: `${block} ${source.term}`, from: source.x, to: x, block, kept: true }]
        : leaves.includes(source.term)
          ? [{ key: `${block} ${source.term}`, from: source.x, to: x, block, kept: false }]
          : [],
    );
  });
  const sentence = readers
    .map(({ block, label }) => {
      const left = connectivity[layer]![block].map((term) => term.replace('.', ' '));
      return `${label} ${left.length > 0 ? `does not wait for ${left.join(', ')}` : 'reads the whole stream before it'}`;
    })
    .join('; ');
  return (
    <figure className="wiring">
      <figcaption>
        What layer {layer} reads, {farskip ? 'FarSkip' : 'regular'}
      </figcaption>
      <svg viewBox="0 0 360 176" role="img" aria-label={`${sentence}.`}>
        {sources.map(({ term, label, note, x }) => (
          <g key={term}>
            <text x={x} y={16} textAnchor="middle" className="strong">
              {label}
            </text>
            <text x={x} y={32} textAnchor="middle" className="faint">
              {note}
            </text>
            <circle cx={x} cy={44} r={4} className="dot" />
          </g>
        ))}
        {reads.map(({ key, from, to, block, kept }) => (
          <path
            key={key}
            d={`M${from} 48 C ${from} 90, ${to} 90, ${to} 128`}
            stroke={kept ? PALETTE[block].colour : 'currentColor'}
            className={kept ? 'read' : 'left-out'}
          />
        ))}
        {readers.map(({ block, label, x }) => (
          <g key={block}>
            <rect x={x - 56} y={130} width={112} height={26} rx={5} fill={PALETTE[block].colour} />
            <text x={x} y={147} textAnchor="middle" className="on-colour">
              {label}
            </text>
          </g>
        ))}
        <text x={180} y={172} textAnchor="middle" className="faint">
          solid: read · dotted: left out, added to the stream later
        </text>
      </svg>
    </figure>
  );
}
