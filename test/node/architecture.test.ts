import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as entry from 'mercadopago-wallet-connect'
import { describe, expect, it } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const read = (path: string): string => readFileSync(root + path, 'utf8')
const list = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => `${folder}/${path}`)

const sources = list('src')
/** The one file that knows both msw and the emulator, and that nobody knows. */
const bridge = 'src/msw.ts'
const core = sources.filter((path) => !path.startsWith('src/emulator/') && path !== bridge)
const withoutComments = (path: string): string => read(path).replace(/\/\*.*?\*\/|(?<=^|\s)\/\/[^\n]*/gs, '')

const imports = (path: string): string[] =>
  [...withoutComments(path).matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier = '']) => specifier)

/** Of a relative import: from the root. */
const fileOf = (path: string, specifier: string): string => join(dirname(path), specifier)

/**
 * What each room of `src` may import besides itself. The emulator and the rest share nothing: a wrong belief about the API
 * must not be held on both sides.
 */
const ROOMS: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/schema': ['src/errors.ts'],
  'src/status-detail.ts': ['src/schema'],
  'src/operations': ['src/status-detail.ts', 'src/schema'],
  'src/request': ['src/operations', 'src/schema', 'src/errors.ts'],
  'src/notifications': ['src/schema', 'src/errors.ts'],
  'src/client': ['src/request', 'src/operations', 'src/notifications', 'src/schema', 'src/errors.ts'],
  'src/doctor': ['src/client', 'src/request', 'src/operations', 'src/notifications', 'src/schema', 'src/errors.ts'],
  'src/ledger': ['src/client', 'src/request', 'src/operations', 'src/notifications', 'src/schema', 'src/errors.ts'],
  'src/index.ts': [
    'src/client',
    'src/request',
    'src/operations',
    'src/notifications',
    'src/status-detail.ts',
    'src/schema',
    'src/errors.ts',
  ],
  'src/emulator/world': [],
  'src/emulator/rules': ['src/emulator/world'],
  'src/emulator/faults': ['src/emulator/rules', 'src/emulator/world'],
  'src/emulator/server': ['src/emulator/faults', 'src/emulator/rules', 'src/emulator/world'],
  'src/emulator/create-emulator.ts': ['src/emulator/server', 'src/emulator/faults', 'src/emulator/rules', 'src/emulator/world'],
  'src/emulator/explore': ['src/emulator/create-emulator.ts', 'src/emulator/faults', 'src/emulator/world'],
  'src/emulator/index.ts': [
    'src/emulator/explore',
    'src/emulator/create-emulator.ts',
    'src/emulator/server',
    'src/emulator/faults',
    'src/emulator/rules',
    'src/emulator/world',
  ],
  'src/msw.ts': ['src/emulator/index.ts'],
}

const roomOf = (path: string): string => (path in ROOMS ? path : dirname(path))
const PACKAGES: Record<string, readonly string[]> = { 'src/emulator': [], 'src/msw.ts': ['msw'] }
const packagesOf = (room: string): readonly string[] =>
  Object.entries(PACKAGES).find(([prefix]) => room.startsWith(prefix))?.[1] ?? ['ofetch', 'valibot']

describe('the modules of src', () => {
  it('are all listed here', () => {
    expect([...new Set(sources.map(roomOf))].sort()).toEqual(Object.keys(ROOMS).sort())
  })

  it.each(Object.entries(ROOMS))('%s imports only what lies below it', (room, below) => {
    const outside = sources
      .filter((path) => roomOf(path) === room)
      .flatMap((path) =>
        imports(path).map((specifier) => (specifier.startsWith('.') ? roomOf(fileOf(path, specifier)) : specifier)),
      )
    expect(outside.filter((each) => ![room, ...below, ...packagesOf(room)].includes(each))).toEqual([])
  })

  it('make the fetch of ofetch in client-options alone', () => {
    const makers = core.filter((path) => /^import \{.*\} from 'ofetch'/m.test(read(path)))
    expect(makers).toEqual(['src/client/client-options.ts'])
  })

  it('let msw take nothing but the type of the emulator', () => {
    expect(read(bridge)).toMatch(/^import type \{ Emulator \} from '\.\/emulator\/index\.ts'$/m)
  })
})

describe('the playground', () => {
  it('let the playground know the package by its public names only', () => {
    const names = Object.keys(JSON.parse(read('package.json')).exports).map((entry) =>
      entry.replace('.', 'mercadopago-wallet-connect'),
    )
    for (const path of list('playground')) {
      const foreign = imports(path).filter((specifier) =>
        specifier.startsWith('.') ? !fileOf(path, specifier).startsWith('playground/') : specifier.includes('wallet-connect'),
      )
      expect(
        // Deno's samples spell a package with its registry.
        foreign.filter((specifier) => !names.includes(specifier.replace(/^npm:/, ''))),
        path,
      ).toEqual([])
    }
  })

  it('let the proxy know nothing of the demo, and the page nothing of the Worker', () => {
    const foldersOf = (path: string): string[] =>
      imports(path).map((specifier) => fileOf(path, specifier).split('/').slice(0, 2).join('/'))
    const APART = [
      'playground/demo/',
      'playground/page/',
      'playground/examples/',
      'playground/start/',
      'playground/worker.dev.ts',
    ]
    const proxy = list('playground').filter((path) => !APART.some((each) => path.startsWith(each)))
    expect(proxy.length).toBeGreaterThan(25)
    for (const path of proxy) expect(foldersOf(path), path).not.toContain('playground/demo')
    for (const path of list('playground/page')) {
      const outside = imports(path)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => fileOf(path, specifier))
        .filter((file) => !file.startsWith('playground/page/'))
      const shared = ['catalogue', 'controls', 'wire'].map((name) => `playground/demo/${name}.ts`)
      expect(
        outside.filter((file) => !shared.includes(file)),
        path,
      ).toEqual([])
    }
  })
})

describe('the sources', () => {
  it.each(sources)('%s names nothing of one runtime', (path) => {
    const code = withoutComments(path)
    expect(code).not.toMatch(
      /\b(node:|process\.\w|Buffer\b|__dirname|require\(|Deno\.|Bun\.|caches\.|window\.|navigator\.|localStorage)/,
    )
    expect(code).not.toMatch(/\bconsole\./)
  })

  it.each(sources)('%s keeps no state of its own', (path) => {
    expect(withoutComments(path)).not.toMatch(/^(export )?(let|var) /m)
  })

  it('give every schema entry a line of documentation', () => {
    for (const path of core.filter((path) => !path.endsWith('/client-options.ts'))) {
      const lines = read(path).split('\n')
      const bare = lines.filter(
        (line, index) =>
          /^ {2,}'?[\w.]+'?: (v\.|[A-Za-z]+Schema,|openString|text\(|token\(|filter)/.test(line) &&
          !/\*\/$/.test(lines[index - 1] ?? ''),
      )
      expect(
        bare.filter((line) => !/^ {2,}(input|output):/.test(line)),
        path,
      ).toEqual([])
    }
  })

  it('export schemas under names that end in Schema', () => {
    const names = core.flatMap((path) =>
      [...read(path).matchAll(/^export const (\w+) = (?:v\.|matching|looseObject|strictObject)/gm)].map(([, name]) => name),
    )
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(name).toMatch(/Schema$/)
  })
})

it('the entry exports the schemas of every operation', () => {
  const exported: unknown[] = Object.values(entry)
  const schemas = Object.entries(entry.operations).flatMap(([name, { input, output }]) => [
    { name, half: 'input', schema: input },
    { name, half: 'output', schema: output },
  ])
  const hidden = schemas.filter(({ schema }) => !exported.includes(schema)).map(({ name, half }) => `${name} ${half}`)
  expect(hidden).toEqual([])
})

it('the package depends on ofetch and valibot, and on msw only for those who use it', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(read('package.json'))
  expect(Object.keys(dependencies)).toEqual(['ofetch', 'valibot'])
  expect(Object.keys(peerDependencies)).toEqual(['msw'])
  expect(peerDependenciesMeta).toEqual({ msw: { optional: true } })
})
