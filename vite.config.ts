import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { define } from './vite.shared.ts';

// Not imported, for its types declare the newest JavaScript (lib "esnext") for all of this project, which Node 20 would
// then not run.
const { VitePWA } = createRequire(import.meta.url)('vite-plugin-pwa') as { VitePWA: (options: object) => Plugin[] };

/**
 * Nothing but the page's own files runs; checkpoints may come from addresses that the user gives. Of scripts in the
 * page itself those run that are in it now, by their hashes. Only in what is built: the development server works with
 * inline scripts.
 */
function contentSecurityPolicy(html: string): string {
  const hashes = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
    // Browsers take the hash of what they parsed, in which every line ends in \n.
    ([, text]) => `'sha256-${createHash('sha256').update(text!.replaceAll('\r\n', '\n')).digest('base64')}'`,
  );
  return [
    "default-src 'self'",
    ["script-src 'self'", ...hashes].join(' '),
    "worker-src 'self'",
    "manifest-src 'self'",
    "connect-src 'self' https: http:",
    "img-src 'self' data:",
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'none'",
  ].join('; ');
}
const policy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy(html) },
        injectTo: 'head-prepend',
      },
    ],
  },
};

/**
 * What the page loads when it is needed: public/'s models, recorded runs and texts, but for Markdown, which some hosts
 * turn into pages.
 */
const siteFiles = ['models', 'recorded', 'texts']
  .flatMap((folder) =>
    readdirSync(join('public', folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
      .map((entry) => relative('public', join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  )
  .sort()
  .map((path) => ({ path, content: readFileSync(join('public', path)) }));

/** Another when one of these files is: what is kept of other versions is then not served. */
const keptIn = `site-files-${siteFiles
  .reduce((hash, { path, content }) => hash.update(path).update(content), createHash('sha256'))
  .digest('hex')
  .slice(0, 12)}`;

/** Lists these files for the page, and names the cache that they are kept in (src/app/site_files.ts). */
const siteFilesList: Plugin = {
  name: 'site-files-list',
  apply: 'build',
  generateBundle() {
    const files = siteFiles.map(({ path, content }) => ({ path, bytes: content.byteLength }));
    this.emitFile({ type: 'asset', fileName: 'offline.json', source: JSON.stringify({ cache: keptIn, files }) });
  },
};

/**
 * A service worker (sw.js) that keeps the shell of the site after the first visit, and of the other files those that
 * were loaded once. src/app/offline.ts registers it; the development server has none.
 */
const offline = VitePWA({
  registerType: 'prompt',
  injectRegister: false,
  includeManifestIcons: false,
  manifest: {
    name: 'FarSkip Lab',
    short_name: 'FarSkip Lab',
    description: 'Measure how FarSkip hides the communication of a Mixture-of-Experts model, on your own GPU.',
    theme_color: '#fbfbf9',
    background_color: '#fbfbf9',
    icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' }],
  },
  workbox: {
    // The manifest is listed anyway.
    globPatterns: ['*.{html,svg,json}', 'assets/*'],
    // So that what a first visit opens is kept, too.
    clientsClaim: true,
    // Only files of the site are answered, whatever their query, and all else goes to the network: no page stands in
    // for a missing file.
    navigateFallback: null,
    ignoreURLParametersMatching: [/^/],
    runtimeCaching: [
      {
        urlPattern: new RegExp(`/(${siteFiles.map(({ path }) => path.replaceAll('.', '\\.')).join('|')})(\\?.*)?$`),
        handler: 'CacheFirst',
        options: {
          cacheName: keptIn,
          matchOptions: { ignoreSearch: true },
          // What the browser holds of an older version, or in part, is not taken for this one's.
          fetchOptions: { cache: 'no-store' },
        },
      },
      // But of checkpoints also files are asked for that they may not have: without a connection, what is not of the
      // site is answered as absent.
      {
        urlPattern: ({ url }: { url: URL }) => url.href.startsWith(new URL('models/', location.href).href),
        handler: 'NetworkOnly',
        options: { plugins: [{ handlerDidError: async () => new Response(null, { status: 404 }) }] },
      },
    ],
    // One file, so that nothing has to be imported when it is checked for updates.
    inlineWorkboxRuntime: true,
  },
});

/** Isolated from other pages, a page has a clock of finer steps. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

// `base: './'` makes every address relative, so that one build works at a root and at a sub-path.
export default defineConfig({
  define,
  base: './',
  plugins: [react(), policy, siteFilesList, offline],
  // What a first visit loads is held by a test (test/e2e/page.test.ts).
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: { main: 'index.html', speed: 'speed.html', glossary: 'glossary.html', headless: 'headless.html' },
    },
  },
  worker: { format: 'es' },
  preview: { headers },
});
