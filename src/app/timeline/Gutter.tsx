import { memo } from 'react';
import type { Layout } from '../lanes/layout';
import type { Text } from '../text/en';

/** The lanes' names at the left; a device's name folds and unfolds its lanes, a node's those of all its devices. */
export const Gutter = memo(function Gutter({
  layout,
  titles,
  aligned,
  t,
  onToggle,
}: {
  layout: Layout;
  titles: readonly string[];
  aligned: boolean;
  t: Text;
  onToggle: (ranks: readonly number[]) => void;
}) {
  return (
    <div className="gutter" style={{ height: layout.height }}>
      {layout.rows.map((row) => {
        const at = { top: row.y, height: row.height };
        switch (row.kind) {
          case 'layers':
            return null;
          case 'axis':
            return (
              aligned && (
                <p key="axis" className="lane-name axis-name faint" style={at}>
                  {t.timeline.aligned}
                </p>
              )
            );
          case 'difference':
            return (
              <p key="difference" className="lane-name faint" style={at}>
                {t.timeline.difference}
              </p>
            );
          case 'title':
            return (
              <h3 key={`title ${row.track}`} className={`lane-title run-${row.track}`} style={at}>
                {titles[row.track]}
              </h3>
            );
          case 'node':
            return (
              <div key={`node ${row.track} ${row.node}`} className="rank strong" style={at}>
                <button type="button" aria-expanded={!row.collapsed} onClick={() => onToggle(row.ranks)}>
                  {t.timeline.node(row.node)}
                </button>
              </div>
            );
          case 'rank':
            return (
              <div key={`rank ${row.track} ${row.rank}`} className="rank" style={at}>
                <button type="button" aria-expanded={!row.collapsed} onClick={() => onToggle([row.rank])}>
                  {t.timeline.device(row.rank)}
                </button>
                {!row.collapsed &&
                  row.lanes
                    .filter(({ name }) => name !== 'compute' && name !== 'host')
                    .map(({ name, y, height }) => (
                      <span
                        key={name}
                        className="lane-name faint"
                        style={{ top: y - row.y, height }}
                        aria-hidden="true"
                      >
                        {t.timeline.lane[name]}
                      </span>
                    ))}
              </div>
            );
        }
        return null;
      })}
    </div>
  );
});
