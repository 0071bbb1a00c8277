import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build as bundle } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Packed, pack } from '../support/package/pack.ts'

const root = new URL('../..', import.meta.url).pathname
/** The pinned compilers of package.json. */
const compilers = { '5.4': 'typescript-5.4', '5.9': 'typescript', '6.0': 'typescript-6', '7.0': 'typescript-7' }
const resolutions = ['nodenext', 'bundler'] as const

/** All four entries, as a strict project would use them. */
const SHOP = `
import { type AdvancedPayment, createWalletConnect, type CreatePaymentInput, isApproved, RefusedError } from 'mercadopago-wallet-connect'
import { createEmulator, type Emulator, exploreFaults } from 'mercadopago-wallet-connect/emulator'
import { emulatorHandlers } from 'mercadopago-wallet-connect/msw'
import { createNotificationVerifier, type Notification } from 'mercadopago-wallet-connect/notifications'

const emulator: Emulator = createEmulator({ seed: 2 })
const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch, site: 'MLA' })
const order: CreatePaymentInput = { wallet_payment: { transaction_amount: '1.50' }, payer: { token: 't' } }
export const paid: Promise<boolean> = wallet.payments.create(order).then((payment: AdvancedPayment) => isApproved(payment))
export const prepared: string | null = wallet.prepare('payments.create', order).idempotencyKey
export const status = (error: unknown): number => (error instanceof RefusedError ? error.status : 0)
export const verified: Promise<Notification> = createNotificationVerifier({ secrets: 's' })(new Request('https://shop.example'))
export const handlers: { info: unknown }[] = emulatorHandlers(emulator)
export const explore: Function = exploreFaults
// @ts-expect-error: the types are there, and not \`any\`
wallet.payments.charge(order)
`

/** What our types take of msw, instead of the 300 files that its own bring along: those are not ours, and slow. */
const MSW = `
export interface HttpHandler { info: object }
export declare const http: { all(path: RegExp, resolver: (info: { request: Request }) => Promise<Response>): HttpHandler }
`

let packed: Packed
beforeAll(async () => {
  packed = await pack()
  const { folder } = packed
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }')
  writeFileSync(`${folder}/shop.ts`, SHOP)
  mkdirSync(`${folder}/msw`)
  writeFileSync(`${folder}/msw/index.d.ts`, MSW)
  for (const moduleResolution of resolutions) {
    for (const [name, paths] of Object.entries({ plain: { msw: ['./msw/index.d.ts'] }, msw: undefined })) {
      const options = {
        target: 'es2022',
        lib: ['es2022', 'dom', 'dom.iterable'],
        types: [],
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        // Only of the compiler's own: that is half of its time.
        skipDefaultLibCheck: true,
        noEmit: true,
        module: moduleResolution === 'bundler' ? 'esnext' : 'nodenext',
        moduleResolution,
        ...(paths && { paths }),
      }
      const project = JSON.stringify({ compilerOptions: options, files: ['shop.ts'] })
      writeFileSync(`${folder}/${name}.${moduleResolution}.json`, project)
    }
  }
}, 120_000)
afterAll(() => packed?.remove())

/**
 * Asks a compiler of our own files and the consumer's only. valibot's types are four fifths of its time, and the same
 * file however it was found.
 */
const OURS = `
const ts = require(process.argv[1])
const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(process.argv[2], {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} })
const program = ts.createProgram(fileNames, options)
const ours = program.getSourceFiles().filter(({ fileName }) => /\\/(shop\\.ts|mercadopago-wallet-connect\\/dist\\/.*)$/.test(fileName))
if (ours.length < 7) throw new Error('too few files: ' + ours.map(({ fileName }) => fileName))
const all = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])]
process.stdout.write(all.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')).join(' '))
`

/** What the compiler says, nothing if all is well. */
async function complaints(compiler: string, project: string): Promise<string> {
  const folder = `${root}node_modules/${compiler}`
  // The oldest is asked of everything, and the newest, which is quick and has no API.
  const isQuick = compiler === 'typescript' || compiler === 'typescript-6' || project === 'plain.bundler.json'
  const args = isQuick && compiler !== 'typescript-7' ? ['-e', OURS, folder, project] : [`${folder}/bin/tsc`, '-p', project]
  return promisify(execFile)(process.execPath, args, { cwd: packed.folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string; message: string }) => error.stdout || error.message,
  )
}

describe.concurrent('types that compile with', { timeout: 120_000 }, () => {
  const cases = Object.entries(compilers).flatMap(([version, name]) => resolutions.map((way) => [version, way, name] as const))

  it.each(cases)('TypeScript %s under %s', async (version, way, name) => {
    expect(JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version).toMatch(`${version}.`)
    expect(await complaints(name, `plain.${way}.json`)).toBe('')
  })

  // Before 5.5, type-fest, which msw brings along, does not compile without skipLibCheck.
  it('the real msw, in TypeScript 7 under nodenext', async () => {
    expect(await complaints('typescript-7', 'msw.nodenext.json')).toBe('')
  })
})

describe('the tarball', () => {
  const installed = (): string => `${packed.folder}/node_modules/mercadopago-wallet-connect`
  const modules = (): string[] => packed.files.filter((path) => path.endsWith('.mjs'))
  const parse = (path: string): ts.SourceFile =>
    ts.createSourceFile(path, readFileSync(`${installed()}/${path}`, 'utf8'), ts.ScriptTarget.ES2022, true)

  /** Every name, call and import of a built file, without its comments and texts. */
  function* nodesOf(node: ts.Node): Generator<ts.Node> {
    yield node
    for (const child of node.getChildren()) yield* nodesOf(child)
  }
  /** Of a name, or of what is imported or exported: it does nothing, unless its value does. */
  const isDeclaration = (node: ts.Statement): boolean =>
    [
      ts.isImportDeclaration,
      ts.isExportDeclaration,
      ts.isFunctionDeclaration,
      ts.isClassDeclaration,
      ts.isVariableStatement,
    ].some((is) => is(node))
  /** What a built file imports, also if only at run time. */
  const imports = (path: string): string[] =>
    ts.preProcessFile(readFileSync(`${installed()}/${path}`, 'utf8')).importedFiles.map(({ fileName }) => fileName)

  // And dist/CHANGELOG.md, which only a release makes: release.test.ts.
  it('has these files and no others', () => {
    const names = packed.files.map((path) => path.replace(/(shared\/mercadopago-wallet-connect)\.[\w-]{8}\./, '$1.*.')).sort()
    expect(names).toEqual([
      'LICENSE',
      'README.md',
      'dist/doctor/index.d.mts',
      'dist/doctor/index.mjs',
      'dist/doctor/index.mjs.map',
      'dist/emulator/index.d.mts',
      'dist/emulator/index.mjs',
      'dist/emulator/index.mjs.map',
      'dist/index.d.mts',
      'dist/index.mjs',
      'dist/index.mjs.map',
      'dist/ledger/index.d.mts',
      'dist/ledger/index.mjs',
      'dist/ledger/index.mjs.map',
      'dist/msw.d.mts',
      'dist/msw.mjs',
      'dist/msw.mjs.map',
      'dist/notifications/index.d.mts',
      'dist/notifications/index.mjs',
      'dist/notifications/index.mjs.map',
      ...Array(6).fill('dist/shared/mercadopago-wallet-connect.*.d.mts'),
      ...Array(5).fill('dist/shared/mercadopago-wallet-connect.*.mjs'),
      ...Array(5).fill('dist/shared/mercadopago-wallet-connect.*.mjs.map'),
      'package.json',
      'src/emulator/FAULTS.md',
      'src/emulator/README.md',
      'src/ledger/README.md',
    ])
  })

  /** The name of a function where it is declared, and of one of valibot's where it is called. */
  const FUNCTION_OR_SCHEMA = /(?<=^(?:async )?function )\w+|(?<![\w.])v\.\w+(?=\()/g

  it('has maps that lead from each function and schema to its source', () => {
    for (const path of modules()) {
      const map = JSON.parse(readFileSync(`${installed()}/${path}.map`, 'utf8')) as SourceMapPayload
      const sources = new Map(map.sources.map((name, index) => [name, map.sourcesContent[index]?.split('\n')]))
      const lines = readFileSync(`${installed()}/${path}`, 'utf8').split('\n')
      const marks = lines.flatMap((line, row) => [...line.matchAll(FUNCTION_OR_SCHEMA)].map((mark) => ({ row, mark })))
      expect(marks.length, path).toBeGreaterThan(0)
      const decoded = new SourceMap(map)
      for (const { row, mark } of marks) {
        const { originalSource, originalLine, originalColumn } = decoded.findEntry(row, mark.index) as SourceMapping
        const [original] =
          sources
            .get(originalSource)
            ?.[originalLine]?.slice(originalColumn)
            .match(/^[\w.]+/) ?? []
        expect(original, `${path}:${row + 1}`).toBe(mark[0])
      }
    }
  })

  it('exports what is in it', () => {
    const { exports } = JSON.parse(readFileSync(`${installed()}/package.json`, 'utf8'))
    const files = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? target : Object.values(target as object),
    )
    expect(files).toHaveLength(13)
    for (const file of files) expect(existsSync(`${installed()}/${file}`), file).toBe(true)
  })

  /** What only some runtimes have, as a name or as a text that could look it up. */
  const FOREIGN = 'Buffer process require __dirname module global self window Deno Bun eval Function'.split(' ')
  /** All that is looked up by name is `fetch`, and whether this is a page. */
  const GLOBALS = ['globalThis.fetch', '"document" in globalThis']

  it('names nothing of one runtime', () => {
    const isForeign = (node: ts.Node): boolean =>
      ts.isIdentifier(node) && node.text === 'globalThis'
        ? !GLOBALS.includes(node.parent.getText())
        : (ts.isIdentifier(node) || ts.isStringLiteralLike(node)) && FOREIGN.includes(node.text)
    const foreign = modules().flatMap((path) =>
      [...nodesOf(parse(path))].filter(isForeign).map((node) => `${path}: ${node.parent.getText().slice(0, 80)}`),
    )
    expect(foreign).toEqual([])
    for (const path of modules())
      expect(
        imports(path).filter((name) => !/^(\.|ofetch$|valibot$|msw$)/.test(name)),
        path,
      ).toEqual([])
  })

  it('is nothing if it is imported for its effects', async () => {
    const entries = ['', '/notifications', '/doctor', '/ledger', '/emulator', '/msw'].map(
      (entry) => `import 'mercadopago-wallet-connect${entry}'`,
    )
    const stdin = { contents: entries.join('\n'), resolveDir: packed.folder }
    const { outputFiles, warnings } = await bundle({ stdin, bundle: true, format: 'esm', write: false, logLevel: 'silent' })
    expect(outputFiles[0]?.text).toBe('')
    // It is left out because of a word of ours, and not because nobody found it.
    expect(warnings.map(({ notes }) => notes[0]?.text)).toEqual(entries.map(() => expect.stringContaining('"sideEffects"')))
  })

  it('does nothing when it is imported', async () => {
    const statements = modules().flatMap((path) => [...parse(path).statements])
    expect(statements.length).toBeGreaterThan(100)
    expect(statements.filter((each) => !isDeclaration(each)).map((each) => each.getText())).toEqual([])

    const entries = ['index', 'notifications/index', 'doctor/index', 'ledger/index', 'emulator/index'].map(
      (entry) => `./${entry}.mjs`,
    )
    const script = `
      const called = []
      const doing = Object.getOwnPropertyNames(globalThis).filter((name) => /^[a-z]/.test(name) && typeof globalThis[name] === 'function')
      for (const name of [...doing, 'dispatchEvent', 'addEventListener', 'postMessage']) globalThis[name] = () => called.push(name)
      const before = Object.getOwnPropertyNames(globalThis)
      for (const entry of ${JSON.stringify(entries)}) await import(entry)
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
      process.stdout.write(JSON.stringify({ watched: doing.includes('setTimeout'), called, added }))`
    writeFileSync(`${installed()}/dist/watch.mjs`, script)
    const { stdout } = await promisify(execFile)(process.execPath, [realpathSync(`${installed()}/dist/watch.mjs`)])
    expect(JSON.parse(stdout)).toEqual({ watched: true, called: [], added: [] })
  })

  it('leads from "." to no emulator, and takes msw only for "./msw"', () => {
    const reach = (path: string, seen = new Set<string>()): Set<string> => {
      if (seen.has(path)) return seen
      seen.add(path)
      for (const name of imports(path)) {
        if (name.startsWith('.')) reach(join(dirname(path), name), seen)
        else seen.add(name)
      }
      return seen
    }
    const sets = ['index', 'notifications/index', 'doctor/index', 'emulator/index'].map((entry) => reach(`dist/${entry}.mjs`))
    const [index = new Set(), notifications = new Set(), doctor = new Set(), emulator = new Set()] = sets
    // Also not by way of a shared file.
    expect([...emulator].filter((path) => index.has(path) || notifications.has(path) || doctor.has(path))).toEqual([])
    expect([...index].filter((name) => !name.startsWith('dist/')).sort()).toEqual(['ofetch', 'valibot'])
    expect([...notifications].filter((name) => !name.startsWith('dist/'))).toEqual([])
    expect([...reach('dist/msw.mjs')]).toEqual(['dist/msw.mjs', 'msw'])
  })

  it('has types that take neither those of ofetch nor those of undici', () => {
    for (const path of packed.files.filter((path) => path.endsWith('.d.mts'))) {
      expect(
        imports(path).filter((name) => !/^(\.|valibot$|msw$)/.test(name)),
        path,
      ).toEqual([])
    }
  })

  it('runs', async () => {
    const script = `
      import { createWalletConnect } from 'mercadopago-wallet-connect'
      import { createEmulator } from 'mercadopago-wallet-connect/emulator'
      import { emulatorHandlers } from 'mercadopago-wallet-connect/msw'
      import { createNotificationVerifier } from 'mercadopago-wallet-connect/notifications'
      import { doctor } from 'mercadopago-wallet-connect/doctor'
      import { createLedger } from 'mercadopago-wallet-connect/ledger'
      console.log([createWalletConnect, doctor, createLedger, createEmulator, emulatorHandlers, createNotificationVerifier].map((each) => typeof each).join())`
    writeFileSync(`${packed.folder}/run.mjs`, script)
    const { stdout } = await promisify(execFile)(process.execPath, ['run.mjs'], { cwd: realpathSync(packed.folder) })
    expect(stdout.trim()).toBe('function,function,function,function,function,function')
  })
})
