import { defineConfig } from 'vite';
import { define } from '../../vite.shared.ts';

// The page that times kernels beside other libraries: built only when it is asked for.
export default defineConfig({
  define,
  root: 'scripts/against',
  base: './',
  publicDir: false,
  build: { target: 'es2022', outDir: '../../build/against', emptyOutDir: true, chunkSizeWarningLimit: 1e5 },
});
