import { useMemo, useState } from 'react';
import type { Track } from '../../lab/experiments/track';
import { compareByTime, compareInOrder, type Difference } from '../../trace/compare';
import { blockIn } from '../lanes/speak';
import { Choice, Scroll } from '../parts/fields';
import { useText } from '../state/language';
import { ms } from '../text/format';

/** What two timelines of traces spent on each kind of kernel, and what of each collective is exposed. */
export function Compared({ first, second }: { first: Track; second: Track }) {
  const t = useText();
  const words = t.results.compared;
  const [by, setBy] = useState<'time' | 'order'>('time');
  const compared = useMemo(
    () => (by === 'time' ? compareByTime : compareInOrder)(first.spans, second.spans),
    [by, first, second],
  );
  const rows = (list: readonly Difference[], titled: (name: string) => string) =>
    list.map(({ name, first: own, second: other }) => (
      <tr key={titled(name)}>
        <th scope="row">{titled(name)}</th>
        <td>{Math.round(own.count)}</td>
        <td>{ms(own.ms)}</td>
        <td>{Math.round(other.count)}</td>
        <td>{ms(other.ms)}</td>
        <td>{signed(other.ms - own.ms)}</td>
      </tr>
    ));
  const kind = (name: string) => blockIn(t, name);
  return (
    <section className="results" aria-label={words.heading}>
      <h2>{words.heading}</h2>
      <Choice
        name="compared"
        label={words.by}
        value={by}
        options={[
          ['time', words.byTime],
          ['order', words.inOrder],
        ]}
        onChange={setBy}
      />
      <p className="hint">{by === 'time' ? words.byTimeHint : words.inOrderHint}</p>
      {!compared && <p role="status">{words.tooDifferent}</p>}
      {compared && (
        <Scroll label={words.heading}>
          <table>
            <caption>{words.caption}</caption>
            <thead>
              <tr>
                {[words.what, words.count, t.runs.timeline(1), words.count, t.runs.timeline(2), words.more].map(
                  (heading, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: two columns have the same heading
                    <th key={i} scope="col">
                      {heading}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {rows(compared.kinds, kind)}
              {rows(compared.exposed, words.exposed)}
              {rows(compared.onlyFirst, (name) => words.onlyFirst(kind(name)))}
              {rows(compared.onlySecond, (name) => words.onlySecond(kind(name)))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

const signed = (value: number): string => {
  const size = ms(Math.abs(value));
  return size === ms(0) ? size : `${value < 0 ? '\u2212' : '+'}${size}`;
};
