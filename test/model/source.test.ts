import { afterEach, expect, test, vi } from 'vitest';
import { siteSource } from '../../src/model/source';

afterEach(() => vi.unstubAllGlobals());

test.each([
  [404, null],
  // Some hosts forbid what they don't have.
  [403, null],
  [500, /status 500/],
])('a file that its host answers with %i', async (status, expected) => {
  vi.stubGlobal('fetch', async () => new Response('no', { status }));
  const opened = siteSource('https://host.example/models/').open('generation_config.json');
  if (expected === null) expect(await opened).toBeNull();
  else await expect(opened).rejects.toThrow(expected);
});
