import { csvFormatRows } from 'd3-dsv';
import type { Cell, ChartData } from './chart_data';

/** A chart's numbers in full, under the headings of its table. */
export const csvText = ({ columns, rows }: ChartData): string =>
  csvFormatRows([columns.map(({ label }) => label), ...rows.map((row) => columns.map(({ key }) => written(row[key])))]);

function written(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '';
  // Digits beyond these are of the computer's arithmetic.
  return String(typeof cell === 'number' ? Number(cell.toPrecision(12)) : cell);
}
