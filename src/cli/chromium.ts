import { statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, isAbsolute } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import sirv from 'sirv';
import type { Job } from '../lab/engine/job';
import type { Emit } from '../lab/experiments/experiment';
import { EXPERIMENTS } from '../lab/experiments/experiments';
import { english, phrase } from '../words/phrase';
import { findChromium } from './environment';
import type { Outcome } from './outcome';

const CHROMIUM_FLAGS = {
  // SwiftShader spends more on zeroing workgroup memory, entry by entry, than on the matrix products that use it: 4 s
  // instead of 0.3 s to compile one.
  swiftshader: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-dawn-features=disable_workgroup_init',
  ],
  hardware: [
    '--enable-unsafe-webgpu',
    '--enable-features=Vulkan',
    '--use-angle=vulkan',
    '--disable-vulkan-surface',
    '--ignore-gpu-blocklist',
  ],
} as const;
/** Garbage is collected before a run (lab/setup/garbage.ts), and new objects have room for one. */
const QUIET = '--js-flags=--expose-gc --min-semi-space-size=256 --max-semi-space-size=256';
const FINE_TIMESTAMPS = '--disable-dawn-features=timestamp_quantization';

/**
 * Headless Chromium on the given GPU; a launch that fails is tried once more, since Chromium sometimes dies at launch.
 */
export async function launchChromium(gpu: 'hardware' | 'swiftshader', flags: readonly string[] = []): Promise<Browser> {
  const options = {
    executablePath: findChromium(),
    args: ['--no-sandbox', FINE_TIMESTAMPS, QUIET, ...CHROMIUM_FLAGS[gpu], ...flags],
  };
  return chromium.launch(options).catch(() => chromium.launch(options));
}

/** Serves the built lab, and the k-th of `folders` under /files/k, to this machine alone; for as long as `use` runs. */
export async function withServer<T>(
  site: string,
  folders: readonly string[],
  use: (url: string) => Promise<T>,
): Promise<T> {
  const pages = sirv(site, { dev: true });
  const mounted = folders.map((folder) => sirv(folder, { dev: true }));
  const listener: RequestListener = (request, response) => {
    // So isolated a page has a clock of finer steps.
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const gone = () => {
      response.writeHead(404).end();
    };
    const [, index, path] = /^\/files\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? [];
    const files = mounted[Number(index)];
    if (files) request.url = path;
    (files ?? pages)(request, response, gone);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Runs a job in headless Chromium, in the built lab's engine (folders of the job are absolute paths). */
export function runInChromium(
  job: Job,
  gpu: 'hardware' | 'swiftshader',
  site: string,
  onEvent: Emit,
): Promise<Outcome> {
  const { asked, folders } = served(job);
  return withServer(site, folders, async (url) => {
    const browser = await launchChromium(gpu);
    try {
      const page = await browser.newPage();
      await page.exposeFunction('onJobEvent', onEvent);
      await page.goto(`${url}/headless.html`);
      const outcome = await page.evaluate(([theJob, on]) => window.runJob(theJob, on), [asked, gpu] as const);
      if (outcome.ok) return outcome;
      // Name files as the user does, not as this server.
      const asGiven = (text: string) =>
        folders.reduce((said, folder, k) => said.replaceAll(`/files/${k}/`, `${folder}/`), text);
      return { ...outcome, phrase: phrase`${asGiven(english(outcome.phrase))}` };
    } finally {
      await browser.close();
    }
  });
}

/** The same job with its paths as the server names them, and the folders that it is to serve. */
function served(job: Job): { asked: Job; folders: string[] } {
  const given = job.settings as Readonly<Record<string, unknown>>;
  const folders: string[] = [];
  const serve = (path: unknown): unknown => {
    if (Array.isArray(path)) return path.map(serve);
    if (typeof path !== 'string' || !isAbsolute(path)) return path;
    const isFolder = statSync(path).isDirectory();
    const k = folders.push(isFolder ? path : dirname(path)) - 1;
    return isFolder ? `files/${k}` : `files/${k}/${basename(path)}`;
  };
  const paths = EXPERIMENTS[job.experiment].paths.map((name) => [name, serve(given[name])]);
  return { asked: { ...job, settings: { ...given, ...Object.fromEntries(paths) } }, folders };
}
