import { type ComponentType, memo, type ReactNode, useId, useState } from 'react';
import { saveFile } from '../parts/save_file';
import { useWidth } from '../parts/useWidth';
import { svgText } from '../pictures/drawn_svg';
import { SaveButtons } from '../pictures/SaveButtons';
import { useText } from '../state/language';
import { rounded } from './axes';
import { csvText } from './chart_csv';
import type { Cell, ChartData } from './chart_data';

/** A chart with its title, its numbers as a table, and both as files; `children` choose what it is of. */
export function ChartFrame<D extends ChartData>(props: {
  data: D;
  drawing: ComponentType<{ data: D; width: number }>;
  children?: ReactNode;
}) {
  const { data, drawing: Drawing, children } = props;
  const t = useText();
  const title = useId();
  const [holder, width] = useWidth();
  const file = `farskip-lab-${data.file}`;
  const svg = () => svgText(holder.current!.querySelector<SVGSVGElement>('svg.recharts-surface')!, data.title);
  return (
    <figure className="chart" aria-labelledby={title}>
      <figcaption id={title}>{data.title}</figcaption>
      {children}
      <div className="drawing" aria-hidden="true" ref={holder}>
        <Drawing data={data} width={width} />
      </div>
      <div className="files">
        <button
          type="button"
          aria-label={t.charts.csvOf(data.title)}
          onClick={() => saveFile(`${file}.csv`, 'text/csv', csvText(data))}
        >
          {t.charts.csv}
        </button>
        <SaveButtons of={data.title} file={file} svg={svg} />
      </div>
      <Numbers data={data} />
    </figure>
  );
}

const Numbers = memo(function Numbers({ data: { title, columns, rows } }: { data: ChartData }) {
  const t = useText();
  // A long text has thousands of rows: made when they are looked at.
  const [open, setOpen] = useState(false);
  const [first, ...others] = columns;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.charts.table}</summary>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        <section className="numbers" tabIndex={0} aria-label={title}>
          <table>
            <thead>
              <tr>
                {columns.map(({ key, label }) => (
                  <th key={key} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row[first!.key]}>
                  <th scope="row">{cell(row[first!.key])}</th>
                  {others.map(({ key }) => (
                    <td key={key}>{cell(row[key])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
});

const cell = (value: Cell | undefined): string => (typeof value === 'number' ? rounded(value) : (value ?? '–'));
