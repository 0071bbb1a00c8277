import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

/** What Wrangler does for `crypto` without the prefix, which the official SDK requires. */
const nodeCrypto: Plugin = {
  name: 'node-crypto',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^crypto$/ }, () => ({ path: 'crypto', namespace: 'node' }))
    onLoad({ filter: /^crypto$/, namespace: 'node' }, () => ({ contents: "export * from 'node:crypto'" }))
  },
}

/** A module with all that it imports, as a Worker or a page would load it. */
export async function bundle(contents: string, external: string[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', ...external],
    plugins: [nodeCrypto],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

export const gzippedBytes = (text: string): number => gzipSync(text, { level: 9 }).length
