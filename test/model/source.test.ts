import { afterEach, expect, test, vi } from 'vitest';
import { readFile, siteSource } from '../../src/model/source';

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

test('of its own files a site sends the head alone, until more is read; other sites are asked for the rest', async () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, i) => i);
  const asked: (string | undefined)[] = [];
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers?: Record<string, string> }) => {
    asked.push(headers?.Range);
    const [begin, end] = headers?.Range?.split(/[=-]/).slice(1).map(Number) ?? [];
    if (begin === undefined) return new Response(bytes, { headers: { 'content-length': '10' } });
    const part = bytes.slice(begin, end ? end + 1 : undefined);
    return new Response(part, { status: 206, headers: { 'content-range': `bytes ${begin}-${end}/10` } });
  });
  const site = siteSource('https://host.example/');
  const file = (await site.open('weights', 4))!;
  expect([file.bytes, asked]).toEqual([10, ['bytes=0-3']]);
  const readFrom = async (begin: number) => {
    const read: number[] = [];
    for await (const chunk of file.from(begin)) read.push(...chunk);
    return read;
  };
  expect(await readFrom(0)).toEqual([...bytes]);
  expect(await readFrom(3)).toEqual([...bytes.slice(3)]);
  expect(asked).toEqual(['bytes=0-3', undefined, undefined]);

  const other = { ...site, open: (path: string) => site.open(`https://other.example/${path}`, 4) };
  expect(await readFile(other, 'weights')).toEqual(bytes);
  for await (const chunk of (await other.open('weights'))!.from(3)) expect(chunk).toEqual(bytes.slice(3));
  expect(asked.slice(3)).toEqual([undefined, undefined, 'bytes=3-']);
});
