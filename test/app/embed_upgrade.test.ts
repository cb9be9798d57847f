import { expect, test } from 'vitest';
import { ofThisVersion } from '../../src/app/embed_upgrade';
import { View } from '../../src/app/state/view';

const BOTH = { task: 'measure' as const, connectivity: ['regular', 'farskip'], schedule: ['overlapped' as const] };
const ALL = { ...BOTH, schedule: ['blocking' as const, 'overlapped' as const] };
const ONE = { ...BOTH, connectivity: ['farskip'] };
const TRACKS = ['ep/regular-blocking', 'ep/farskip-overlapped'];

test.each([
  [{ compare: 'all' }, BOTH, { connectivity: ['regular', 'farskip'], schedule: ['blocking', 'overlapped'] }],
  [{ compare: 'both' }, ALL, { connectivity: ['regular', 'farskip'], schedule: ['overlapped'] }],
  [
    { compare: 'all', task: 'generate' },
    BOTH,
    { task: 'generate', connectivity: ['regular', 'farskip'], schedule: ['overlapped'] },
  ],
  [
    { compare: 'all' },
    { ...BOTH, task: 'generate' as const },
    { connectivity: ['regular', 'farskip'], schedule: ['overlapped'] },
  ],
  [{ farskip: false }, ONE, { connectivity: ['regular'], schedule: ['overlapped'] }],
  [{ farskip: false }, BOTH, { connectivity: ['regular', 'farskip'], schedule: ['overlapped'] }],
  [{ schedule: 'blocking' }, ONE, { connectivity: ['farskip'], schedule: ['blocking'] }],
  [{ compare: 'many', ranks: 2 }, BOTH, { connectivity: 'many', schedule: ['overlapped'], ranks: 2 }],
  // Of this version, or nothing that was ever taken: as they are.
  [{ connectivity: ['ladder'], prompt: 5 }, BOTH, { connectivity: ['ladder'], prompt: 5 }],
])('settings of a message: %j', (settings, form, expected) => {
  expect(ofThisVersion({ type: 'set', settings }, { form, tracks: [] })).toEqual({ type: 'set', settings: expected });
});

test.each([
  [{ bottom: 'tp/a' }, { tracks: ['ep/regular-blocking', 'tp/a'] }],
  [{ top: 'tp/a' }, { tracks: ['tp/a', 'ep/farskip-overlapped'] }],
  [{ top: '', bottom: '' }, { tracks: [] }],
  [
    { bottom: '', align: 'layer' },
    { tracks: ['ep/regular-blocking'], align: 'layer' },
  ],
  [{ selected: '' }, { selected: null }],
  [{ selected: '1g3' }, { selected: { track: 'ep/farskip-overlapped', list: 'gaps', place: 3 } }],
  [{ tracks: ['tp/a'] }, { tracks: ['tp/a'] }],
])('a view of a message: %j', (view, expected) => {
  const { view: now } = ofThisVersion({ type: 'set', view }, { form: BOTH, tracks: TRACKS }) as { view: unknown };
  expect(now).toEqual(expected);
  expect(View.partial().strict().safeParse(now).success).toBe(true);
});

test('what is no message is left as it is', () => {
  for (const data of ['hello', null, 5, { settings: 'x', view: 3 }])
    expect(ofThisVersion(data, { form: BOTH, tracks: TRACKS })).toEqual(data);
});
