import type { ReactNode } from 'react';
import type { Timelines } from '../lanes/timelines';
import { Term } from '../parts/Term';
import { useText } from '../state/language';
import type { SessionRun } from '../state/session';
import { claimOf, provenanceOf } from './claim';
import './figures.css';

type Props = {
  readonly timelines: Timelines;
  readonly session: SessionRun | undefined;
  readonly children?: ReactNode;
};

/** What the runs on show come to: a sentence, two figures, and where they are from. `children`: what changes them. */
export function Figures({ timelines, session, children }: Props) {
  const t = useText();
  const claim = claimOf(t, timelines);
  if (!claim && !children) return null;
  return (
    <section className={timelines.tracks.length > 1 ? 'figures compares' : 'figures'} aria-label={t.figures.heading}>
      {claim && (
        <>
          <p className="claim">{claim.sentence}</p>
          <dl>
            {claim.figures.map(({ value, of, faint, term }) => (
              <div key={of}>
                <dt>{term ? <Term of={term}>{of}</Term> : of}</dt>
                <dd>{value}</dd>
                {faint && <dd className="faint">{faint}</dd>}
              </div>
            ))}
          </dl>
          {session && <Provenance {...provenanceOf(t, session)} needs={claim.needs} />}
        </>
      )}
      {children}
    </section>
  );
}

function Provenance({ from, emulated, needs }: ReturnType<typeof provenanceOf> & { readonly needs: string | null }) {
  return (
    <p className="chip">
      {from}
      {emulated && (
        <>
          {' · '}
          <strong>{emulated}</strong>
        </>
      )}
      {needs && (
        <>
          {' · '}
          <Term of="farskip">{needs}</Term>
        </>
      )}
    </p>
  );
}
