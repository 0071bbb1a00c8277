/** `npm run example -- <name> [arguments]`: builds the package, which the examples import by its name, and runs one. */
import { execFileSync, spawn } from 'node:child_process'

type Command = readonly [program: string, ...args: string[]]

const DENO = ['deno', 'run', '--no-prompt', '--allow-env', '--allow-net'] as const

/** The command of each example. */
export const EXAMPLES: Readonly<Record<string, Command>> = {
  node: ['node', 'playground/examples/node.ts'],
  deno: [...DENO, 'playground/examples/deno.ts'],
  bun: ['bun', 'playground/examples/bun.ts'],
  worker: ['wrangler', 'dev', '--config', 'playground/examples/wrangler.toml', '--ip', '127.0.0.1'],
  browser: ['vite', 'playground/examples/browser'],
  'orders:deno': [...DENO, '--allow-read', '--allow-write', 'playground/examples/charge-orders.deno.ts'],
  'orders:bun': ['bun', 'playground/examples/charge-orders.bun.ts'],
}

if (import.meta.main) {
  const [name = '', ...args] = process.argv.slice(2)
  const [program, ...given] = EXAMPLES[name] ?? []
  if (program === undefined) {
    console.error(`npm run example -- <name>: there is ${Object.keys(EXAMPLES).join(', ')}.`)
    process.exit(1)
  }
  const shell = process.platform === 'win32'
  execFileSync('unbuild', { shell, stdio: ['ignore', 'ignore', 'inherit'] })
  // Ctrl+C reaches the example too: it says when to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  spawn(program, [...given, ...args], { shell, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1))
}
