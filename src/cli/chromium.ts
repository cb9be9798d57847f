import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import sirv from 'sirv';
import type { Job, JobEvent } from '../lab/job';
import { InputError } from '../model/error';
import type { Outcome } from './outcome';

export const CHROMIUM_FLAGS = {
  swiftshader: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  hardware: ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface', '--ignore-gpu-blocklist'],
} as const;
const FINE_TIMESTAMPS = '--disable-dawn-features=timestamp_quantization';

/** Where Chromium is: CHROME_PATH, or the usual places. Throws InputError. */
export function findChromium(): string {
  const given = process.env['CHROME_PATH'];
  const found = [given, '/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((path) => path && existsSync(path));
  if (given && found !== given) throw new InputError(`CHROME_PATH names ${given}, where there is no file.`);
  if (!found) throw new InputError('No Chromium was found; install it (Debian: apt-get install chromium), set CHROME_PATH, or use --runtime node.');
  return found;
}

/** Headless Chromium on the given GPU; a launch that fails is tried once more, since Chromium sometimes dies at launch. */
export async function launchChromium(gpu: 'hardware' | 'swiftshader'): Promise<Browser> {
  const options = { executablePath: findChromium(), args: ['--no-sandbox', FINE_TIMESTAMPS, ...CHROMIUM_FLAGS[gpu]] };
  return chromium.launch(options).catch(() => chromium.launch(options));
}

/** Serves the built lab, and under /files this machine's files, to this machine alone; for as long as `use` runs. */
async function withServer<T>(site: string, use: (url: string) => Promise<T>): Promise<T> {
  const pages = sirv(site, { dev: true });
  const files = sirv('/', { dev: true, dotfiles: true });
  const listener: RequestListener = (request, response) => {
    const gone = () => { response.writeHead(404).end(); };
    if (request.url?.startsWith('/files/')) {
      request.url = request.url.slice('/files'.length);
      files(request, response, gone);
    } else pages(request, response, gone);
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
export function runInChromium(job: Job, gpu: 'hardware' | 'swiftshader', site: string, onEvent: (event: JobEvent) => void): Promise<Outcome> {
  return withServer(site, async (url) => {
    const browser = await launchChromium(gpu);
    try {
      const page = await browser.newPage();
      await page.exposeFunction('onJobEvent', onEvent);
      await page.goto(`${url}/headless.html`);
      return await page.evaluate(([asked, on]) => window.runJob(asked, on), [served(job), gpu] as const);
    } finally {
      await browser.close();
    }
  });
}

/** The same job with this machine's paths as the server names them. */
function served(job: Job): Job {
  switch (job.kind) {
    case 'measure':
      return job;
    case 'check':
      return { ...job, folder: `files${job.folder}` };
    case 'evaluate':
      return { ...job, folder: `files${job.folder}`, val: `files${job.val}` };
  }
}
