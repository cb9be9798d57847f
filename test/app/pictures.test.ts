import { expect, test } from 'vitest';
import { namesOfLanes } from '../../src/app/lanes/names';
import { timelinesOf } from '../../src/app/lanes/timelines';
import { timelineSvg } from '../../src/app/pictures/timeline_svg';
import { textIn } from '../../src/app/text/catalogues';
import { plainTrack } from '../../src/lab/experiments/track';
import { collective, compute, message } from '../spans';

const work = { name: 'q <&>', kernel: 'gemm', block: 'attention' } as const;
const WORDS = {
  headline: 'A “headline” & more',
  provenance: 'here',
  titles: ['One'],
  device: (rank: number) => `Device ${rank}`,
  node: (node: number) => `Node ${node}`,
  difference: 'Difference',
  axis: 'layers aligned',
  legend: [['exposed', 'Waiting']] as const,
};

const pictureOf = (
  spans: Parameters<typeof plainTrack>[2],
  from: number,
  to: number,
  folded: readonly number[] = [],
) => {
  const { tracks, differences } = timelinesOf(
    [{ name: 'a/trace', track: plainTrack('trace', 2, spans), run: null }],
    'time',
  );
  const scene = { tracks, differences, names: namesOfLanes(textIn('en')), showsWindows: false };
  return timelineSvg(scene, new Set(folded), { from, to }, WORDS);
};
const count = (svg: string, part: RegExp): number => svg.match(part)?.length ?? 0;

test('a picture of the lanes is SVG by itself: a bar for each item in view, words escaped', () => {
  const spans = [
    compute(0, 0, 4, work),
    compute(0, 6, 9, { ...work, awaited: { op: 2, at: 6 } }),
    compute(1, 1, 2, work),
    collective(2, 0, 4, 6),
    message(2, 0, 1, 4, 6),
  ];
  const svg = pictureOf(spans, 0, 10);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="1280" height="\d+"/);
  expect(svg).toContain('A “headline” &amp; more');
  expect(svg).toContain('q &lt;&amp;&gt;');
  expect(svg).toContain('layers aligned');
  // Three kernels.
  expect(count(svg, /fill="#346478"/g)).toBe(3);
  // One wait and its swatch, each with its hatch.
  expect(count(svg, /fill="#d7263d"/g)).toBe(2);
  expect(count(svg, /url\(#exposed\)/g)).toBe(2);
  // What is out of view is left out; words of what is folded, too.
  expect(count(pictureOf(spans, 5, 10), /fill="#346478"/g)).toBe(1);
  expect(pictureOf(spans, 0, 10, [0, 1])).not.toContain('q &lt;');
  // It asks for nothing beside it.
  expect(svg).not.toMatch(/href|<image|<style|class=/);
});

test('of a crowd of kernels a picture has no more bars than can be told apart', () => {
  const many = Array.from({ length: 50_000 }, (_, i) => compute(0, i, i + 0.9, work));
  expect(count(pictureOf(many, 0, 50_000), /<rect/g)).toBeLessThan(5000);
});
