import { csvFormatRows } from 'd3-dsv';
import type { Cell, ChartData } from './chart_data';

/** A chart's numbers in full, under the headings of its table. */
export const csvText = ({ columns, rows }: ChartData): string =>
  csvFormatRows([columns.map(({ label }) => label), ...rows.map((row) => columns.map(({ key }) => written(row[key])))]);

const written = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : String(cell));
