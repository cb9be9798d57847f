/**
 * Runs that were recorded on another machine and are served with the page, in `recorded/`; each file says where and
 * when.
 */
export const RECORDED = [
  { id: 'ep', kind: 'measurement' },
  { id: 'tp', kind: 'measurement' },
  { id: 'straggler', kind: 'measurement' },
  { id: 'decode', kind: 'generation' },
  { id: 'sweep-ep', kind: 'sweep' },
  { id: 'sweep-tp', kind: 'sweep' },
] as const;
export type RecordedId = (typeof RECORDED)[number]['id'];

/** Its file, relative to the page. */
export const recordedPath = (id: string): string => `recorded/${id}.json.gz`;
