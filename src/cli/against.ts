import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { launchChromium, withServer } from './chromium';
import { ROOT } from './commands/command';

/** Libraries that kernels are timed beside (scripts/against/). */
export const LIBRARIES = ['tfjs', 'ort', 'jax'] as const;
export type LibraryName = (typeof LIBRARIES)[number];

/** A library's product at a shape, ms by the host's clock, and its relative error. */
export type AgainstRate = {
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
  readonly library: string;
  readonly wallMs: number;
  readonly error: number;
};
type Shape = Pick<AgainstRate, 'rows' | 'inner' | 'cols'>;

const PAGE = join(ROOT, 'build', 'against');
const cube = (n: number): Shape => ({ rows: n, inner: n, cols: n });
/** Cubes, and shapes of presets: an LM head's, an MLP's, a projection's. */
const SHAPES: readonly Shape[] = [
  ...[512, 1024, 2048, 4096].map(cube),
  { rows: 512, inner: 2048, cols: 102400 },
  { rows: 2048, inner: 2048, cols: 10944 },
  { rows: 2048, inner: 512, cols: 2736 },
];

/** Times matrix products beside other libraries, all in one page, in turn. Throws InputError where it is not built. */
export async function timeAgainst(
  libraries: readonly LibraryName[],
  gpu: 'hardware' | 'swiftshader',
  mostGflop: number,
): Promise<AgainstRate[]> {
  if (!existsSync(join(PAGE, 'index.html')))
    throw new InputError(
      phrase`The other libraries are not built here; "npm run lab -- bench kernels --against …" does.`,
    );
  const shapes = SHAPES.filter(({ rows, inner, cols }) => 2 * rows * inner * cols <= 1e9 * mostGflop);
  return withServer(PAGE, [], async (url) => {
    const browser = await launchChromium(gpu);
    try {
      const page = await browser.newPage();
      await page.goto(url);
      await page.waitForFunction('window.runAgainst');
      return (await page.evaluate(
        `runAgainst(${JSON.stringify(libraries)}, ${JSON.stringify(shapes)})`,
      )) as AgainstRate[];
    } finally {
      await browser.close();
    }
  });
}
