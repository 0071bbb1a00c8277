import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const src = fileURLToPath(new URL('../../src', import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { alias: { 'mercadopago-wallet-connect': `${src}/index.ts` } },
  // Preact: a component library of 5 kB that everybody who knows React can read.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    outDir: 'dist',
    emptyOutDir: true,
    // One round trip: nothing is found out late, and nothing is written into the page.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
