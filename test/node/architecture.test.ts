import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
const importsOf = (path: string): string[] => imports(path).map((specifier) => specifier.replace(/^\.\/(.*)\.ts$/, '$1'))

/** Of a relative import: from the root. */
const fileOf = (path: string, specifier: string): string => join(dirname(path), specifier)

/** Each file may import from the rows above its own, and from its own row. */
const layers = [
  ['errors', 'fields', 'plain-object', 'retry-delay', 'stoppable', 'schema-path'],
  [
    'money',
    'describe-issues',
    'idempotency-key',
    'refusal',
    'payment-status',
    'status-detail',
    'sub-merchant',
    'notification-delivery',
    'notification-shape',
    'notification-signature',
  ],
  ['explain-signature', 'agreement', 'discount', 'payment', 'refund'],
  ['requests', 'notifications'],
  ['answers'],
  ['operations'],
  ['prepared-request'],
  ['stored-request'],
  ['attempt', 'evidence'],
  ['send'],
  ['reconcile', 'client-options'],
  ['doctor'],
  ['wallet-connect'],
  ['client'],
  ['index'],
]

describe('the imports of the core', () => {
  it('know every file by its layer', () => {
    expect(layers.flat().sort()).toEqual(core.map((path) => path.replace(/^src\/(.*)\.ts$/, '$1')).sort())
  })

  it.each(layers.flatMap((names, depth) => names.map((name) => [name, depth] as const)))(
    'of %s point to lower layers',
    (name, depth) => {
      const allowed = ['ofetch', 'valibot', ...layers.slice(0, depth + 1).flat()]
      expect(importsOf(`src/${name}.ts`).filter((specifier) => !allowed.includes(specifier))).toEqual([])
    },
  )

  it('make the fetch of ofetch in client-options alone', () => {
    const makers = core.filter((path) => /^import \{.*\} from 'ofetch'/m.test(read(path)))
    expect(makers).toEqual(['src/client-options.ts'])
  })

  it('contain no cycle', () => {
    const visit = (name: string, trail: string[]): void => {
      expect(trail, `${[...trail, name].join(' -> ')}`).not.toContain(name)
      if (layers.flat().includes(name)) for (const next of importsOf(`src/${name}.ts`)) visit(next, [...trail, name])
    }
    visit('index', [])
  })
})

describe('the imports across', () => {
  it('let the emulator and the rest meet only in tests', () => {
    for (const path of sources.filter((path) => path.startsWith('src/emulator/'))) {
      expect(
        imports(path).filter((specifier) => !/^\.\/[a-z-]+\.ts$/.test(specifier)),
        path,
      ).toEqual([])
    }
    for (const path of core) expect(imports(path).join(), path).not.toContain('emulator')
  })

  it('let msw meet the emulator in one file, which takes its type only', () => {
    expect(imports(bridge)).toEqual(['msw', './emulator/index.ts'])
    expect(read(bridge)).toMatch(/^import type \{ Emulator \} from '\.\/emulator\/index\.ts'$/m)
    for (const path of core) expect(imports(path), path).not.toContain('./msw.ts')
  })

  it('let the playground know the package by its public names only', () => {
    const names = Object.keys(JSON.parse(read('package.json')).exports).map((entry) =>
      entry.replace('.', 'mercadopago-wallet-connect'),
    )
    for (const path of list('playground')) {
      const foreign = imports(path).filter((specifier) =>
        specifier.startsWith('.') ? !fileOf(path, specifier).startsWith('playground/') : specifier.includes('wallet-connect'),
      )
      expect(
        foreign.filter((specifier) => !names.includes(specifier)),
        path,
      ).toEqual([])
    }
  })

  it('let the proxy know nothing of the demo, and the page nothing of the Worker', () => {
    const foldersOf = (path: string): string[] =>
      imports(path).map((specifier) => fileOf(path, specifier).split('/').slice(0, 2).join('/'))
    const proxy = list('playground').filter((path) => path.split('/').length === 2 && !path.endsWith('/worker.dev.ts'))
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
    for (const path of core.filter((path) => !path.endsWith('client-options.ts'))) {
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
      [...read(path).matchAll(/^export const (\w+) = (?:v\.|matching)/gm)].map(([, name]) => name),
    )
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(name).toMatch(/Schema$/)
  })
})

it('the package depends on ofetch and valibot, and on msw only for those who use it', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(read('package.json'))
  expect(Object.keys(dependencies)).toEqual(['ofetch', 'valibot'])
  expect(Object.keys(peerDependencies)).toEqual(['msw'])
  expect(peerDependenciesMeta).toEqual({ msw: { optional: true } })
})
