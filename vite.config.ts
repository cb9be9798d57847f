import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { define } from './vite.shared.ts';

// `base: './'` makes every address relative, so that one build works at a root and at a sub-path.
export default defineConfig({
  define,
  base: './',
  plugins: [react()],
  build: { target: 'es2022', rolldownOptions: { input: { main: 'index.html', headless: 'headless.html' } } },
  worker: { format: 'es' },
});
