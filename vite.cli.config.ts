import { defineConfig } from 'vite';
import { define } from './vite.shared.ts';

// The command line, built for Node: its kernels are bundled as text, as the page's are.
export default defineConfig({
  define,
  publicDir: false,
  build: {
    ssr: true,
    rolldownOptions: { input: { main: 'src/cli/main.ts', environment: 'src/cli/environment.ts', kernels: 'test/gpu/on_device.ts' } },
    outDir: 'build/cli',
    emptyOutDir: true,
    target: 'node20',
  },
});
