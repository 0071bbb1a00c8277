// `npm run check`: types of all projects (TypeScript 7), lint and format (Biome), side by side. Prints what fails.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url).href)
const SAMPLES = ['browser', 'workers', 'deno', 'bun', 'node'].map((runtime) => `playground/page/code/samples/${runtime}`)
const PROJECTS = ['.', 'playground', 'playground/page', 'playground/examples', 'test', ...SAMPLES]

/** Runs a program of a package; resolves to what it printed if it failed. */
function run(bin: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`${root}node_modules/${bin}`, ...args], { cwd: root })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
    child.on('close', (code) => resolve(code === 0 ? '' : `\n== ${args.join(' ')}\n${printed}`))
  })
}

const failures = await Promise.all([
  run('@biomejs/biome/bin/biome', 'check', '--colors=force'),
  ...PROJECTS.map((project) => run('typescript-7/bin/tsc', '--pretty', '-p', project)),
])
const failed = failures.filter(Boolean)
process.stdout.write(failed.join('\n') || 'Types, lint and format: passed.\n')
if (failed.length > 0) process.exitCode = 1
