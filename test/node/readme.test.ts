import { readFileSync } from 'node:fs'
import * as library from 'mercadopago-wallet-connect'
import * as emulator from 'mercadopago-wallet-connect/emulator'
import * as handlers from 'mercadopago-wallet-connect/msw'
import * as msw from 'msw/node'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const readme = readFileSync(`${root}README.md`, 'utf8')
const blocksOf = (page: string): string[] => [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
const ofEmulator = blocksOf(readFileSync(`${root}src/emulator/README.md`, 'utf8'))
const blocks = [...blocksOf(readme), ...ofEmulator]

/** Runs a block, and gives what it printed. */
async function run(code: string): Promise<unknown[]> {
  const printed: unknown[] = []
  const modules: Record<string, object> = {
    'mercadopago-wallet-connect': library,
    'mercadopago-wallet-connect/emulator': emulator,
    'mercadopago-wallet-connect/msw': handlers,
    'msw/node': msw,
  }
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const body = outputText.replace(/^import (\{[^}]*\}) from ('.*');$/gm, 'const $1 = modules[$2]').replace(/^export \{\};$/gm, '')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  await new AsyncFunction('modules', 'console', body)(modules, { log: (...values: unknown[]) => printed.push(...values) })
  return printed
}

/** What the compiler says of the blocks, each as a file of its own among the tests. */
function diagnose(): string[] {
  const path = `${root}test/tsconfig.json`
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(path, ts.sys.readFile).config, ts.sys, `${root}test`)
  const files = new Map(blocks.map((code, index) => [`${root}test/readme-${index}.ts`, code]))
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, target) => {
    const code = files.get(name)
    return code === undefined ? getSourceFile(name, target) : ts.createSourceFile(name, code, target)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName}: ${JSON.stringify(messageText)}`)
}

describe('the README', () => {
  it('has code that compiles', { timeout: 60_000 }, () => {
    expect(blocks.length).toBeGreaterThan(2)
    expect(diagnose()).toEqual([])
  })

  it('makes a payment in fifteen lines that run', async () => {
    const code = blocks[0] ?? ''
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(17)
    const printed = await run(code)
    expect(printed).toEqual([expect.stringContaining('/v1/wallet_agreement/'), expect.any(Number), 'approved', true])
  })

  it('answers through msw what the emulator says', async () => {
    const [example = ''] = blocks.filter((code) => code.includes('setupServer'))
    expect(await run(example)).toEqual(['refused', 403])
  })

  it('explores a checkout that withstands every fault', { timeout: 60_000 }, async () => {
    const [example = ''] = ofEmulator.filter((code) => code.includes('exploreFaults'))
    expect(await run(example)).toEqual([expect.stringMatching(/^\d{3} schedules over 3 requests: 0 break something/)])
  })

  it('names every operation, error and option', () => {
    for (const name of Object.keys(library.operations)) expect(readme).toContain(`\`${name}(`)
    for (const name of Object.keys(library).filter((name) => name.endsWith('Error') && !/^(is|Wallet)/.test(name))) {
      expect(readme).toContain(`\`${name}\``)
    }
  })
})
