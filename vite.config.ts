import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { define } from './vite.shared.ts';

/**
 * Nothing but the page's own files runs; checkpoints may come from addresses that the user gives. Only in what is built: the development
 * server works with inline scripts.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' https: http:",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'none'",
].join('; ');
const policy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
      injectTo: 'head-prepend',
    },
  ],
};

// `base: './'` makes every address relative, so that one build works at a root and at a sub-path.
export default defineConfig({
  define,
  base: './',
  plugins: [react(), policy],
  build: { target: 'es2022', rolldownOptions: { input: { main: 'index.html', headless: 'headless.html' } } },
  worker: { format: 'es' },
});
