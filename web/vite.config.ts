import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  // The server puts a fresh nonce in its place for every response.
  html: { cspNonce: '__CSP_NONCE__' },
  resolve: {
    // HTML of a model is never parsed: not even the parser is there (and the page is a fifth smaller).
    alias: { 'rehype-raw': `${import.meta.dirname}/src/markdown/no-html.ts` },
  },
  worker: { format: 'es' },
  build: {
    // The first versions with `light-dark()`, on which both themes rest.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    modulePreload: { polyfill: false },
    // The policy allows no inlined assets but pictures; files are simpler to reason about.
    assetsInlineLimit: 0,
    // The grammar of C++ is large, and loaded only for C++.
    chunkSizeWarningLimit: 850,
  },
  server: {
    proxy: Object.fromEntries(
      ['/v1', '/web', '/health'].map((path) => [path, process.env['ELPIS_URL'] ?? 'http://localhost:4141']),
    ),
  },
})
