import { defineConfig } from 'vite';
import { define } from './vite.shared.ts';

// The command line, built for Node: its kernels are bundled as text, as the page's are.
export default defineConfig({
  define,
  publicDir: false,
  // One file that needs only what is native or drives the browser, so that it can be taken to a machine without a
  // registry.
  ssr: { noExternal: true, external: ['webgpu', 'playwright-core'] },
  build: {
    ssr: true,
    rolldownOptions: {
      input: { main: 'src/cli/main.ts', environment: 'src/cli/environment.ts', kernels: 'test/gpu/on_device.ts' },
    },
    outDir: 'build/cli',
    emptyOutDir: true,
    // It is read from the disk.
    chunkSizeWarningLimit: 4000,
    target: 'node20',
  },
});
