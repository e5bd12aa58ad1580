import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  plugins: [react()],
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    // livekit-client alone is about this large; there is nothing to split on a page whose purpose it is.
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: {
        talk: here('./talk/index.html'),
        account: here('./account/index.html'),
        outbox: here('./outbox/index.html'),
        latency: here('./latency/index.html'),
      },
    },
  },
});
