import { readFileSync } from 'node:fs'
import * as library from 'mercadopago-wallet-connect'
import * as emulator from 'mercadopago-wallet-connect/emulator'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const readme = readFileSync(`${root}README.md`, 'utf8')
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)

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
    const printed: unknown[] = []
    const modules: Record<string, object> = {
      'mercadopago-wallet-connect': library,
      'mercadopago-wallet-connect/emulator': emulator,
    }
    const body = code.replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = modules[$2]')
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor
    await new AsyncFunction('modules', 'console', body)(modules, { log: (...values: unknown[]) => printed.push(...values) })
    expect(printed).toEqual([expect.stringContaining('/v1/wallet_agreement/'), expect.any(Number), 'approved', true])
  })

  it('names every operation, error and option', () => {
    for (const name of Object.keys(library.operations)) expect(readme).toContain(`\`${name}(`)
    for (const name of Object.keys(library).filter((name) => name.endsWith('Error') && !/^(is|Wallet)/.test(name))) {
      expect(readme).toContain(`\`${name}\``)
    }
  })
})
