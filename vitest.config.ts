import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type TestProjectConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { CHROMIUM, CHROMIUM_FLAGS } from './test/support/page/chromium.ts'
import { SECRETS } from './test/support/secrets/secrets.ts'

const root = new URL('.', import.meta.url).pathname
// Longest first. The tests take the package by its name, and the name means the sources.
const alias = {
  'mercadopago-wallet-connect/notifications': `${root}src/notifications/index.ts`,
  'mercadopago-wallet-connect/doctor': `${root}src/doctor/index.ts`,
  'mercadopago-wallet-connect/ledger': `${root}src/ledger/index.ts`,
  'mercadopago-wallet-connect/emulator': `${root}src/emulator/index.ts`,
  'mercadopago-wallet-connect/msw': `${root}src/msw.ts`,
  'mercadopago-wallet-connect': `${root}src/index.ts`,
}

const common = { root, resolve: { alias } }
/** Four workers share two processors, and a test that waits for its turn has not failed. */
const testTimeout = 20_000
const UNPACK = './test/support/page/chromium.ts'

/** In Node, from the sources: what `npm run test:unit` runs. */
const unit: TestProjectConfiguration = {
  ...common,
  // A worker and the modules for each of the files anew took more time than the tests.
  test: { name: 'unit', pool: 'threads', isolate: false, testTimeout, include: ['test/{unit,contract}/**/*.test.ts'] },
}

/** With processes, sockets, browsers and the packed package. */
const node = (include: string[]): TestProjectConfiguration => ({
  ...common,
  test: { name: 'node', testTimeout, globalSetup: [UNPACK, './test/support/package/run-folder.ts'], include },
})

const workerd = (include: string[]): TestProjectConfiguration => ({
  ...common,
  plugins: [
    cloudflareTest({
      main: './playground/worker.ts',
      wrangler: { configPath: './wrangler.toml' },
      remoteBindings: false,
      // The database is for the store of D1 alone: the proxy has none.
      miniflare: { bindings: SECRETS, d1Databases: ['LEDGER_DB'] },
    }),
  ],
  test: { name: 'workerd', testTimeout, include },
})

const browser = (include: string[]): TestProjectConfiguration => ({
  ...common,
  // Only for the service worker of msw, which has to come from the root of this server.
  publicDir: 'node_modules/msw/lib',
  optimizeDeps: { include: ['ofetch', 'valibot', 'fast-check', 'msw', 'msw/browser'] },
  test: {
    name: 'chromium',
    include,
    globalSetup: UNPACK,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { executablePath: CHROMIUM, args: CHROMIUM_FLAGS },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
})

/** What `npm test` runs. */
const standard = (): TestProjectConfiguration[] => [
  unit,
  node([
    'test/node/!(consumers|page-security|release).test.ts',
    'test/runtime/!(suite).test.ts',
    'test/ledger/{bun,indexes,ledger,ledger-simulation,shop,simulation,state-machine}.test.ts',
  ]),
  workerd(['test/contract/**/*.test.ts', 'test/workerd/!(naughty-strings).test.ts', 'test/ledger/*.workerd.test.ts']),
  browser(['test/{contract,chromium}/**/*.test.ts']),
]

/**
 * What `npm run test:all` adds (`--mode long`): what takes long and seldom fails alone (`test/README.md` says why for each),
 * the unit tests in workerd and Chromium too, and more draws where a test draws at random (`import.meta.env.MODE`).
 */
const long = (): TestProjectConfiguration[] => [
  node([
    'test/ledger/{simulation,kill,ledger-simulation,ledger-kill}.test.ts',
    'test/node/{consumers,model,page-security,release,worlds}.test.ts',
    'test/runtime/suite.test.ts',
    'test/unit/{notifications,emulator/explore}.test.ts',
  ]),
  workerd(['test/unit/**/*.test.ts', 'test/ledger/state-machine.test.ts', 'test/workerd/naughty-strings.test.ts']),
  browser([
    'test/unit/emulator/!(explore).test.ts',
    'test/unit/{errors,idempotency-key,judge,money,notifications,payment-status,prepare,resolve,retry-policy,transcript}.test.ts',
  ]),
]

/** In a clone that has run no test yet, the size of a file does not say how long it takes. */
const LONG =
  /\/(page|page-security|start|suite|simulation|kill|ledger-kill|ledger-simulation|consumers|examples|release|model|notifications|worlds)\.test\.ts$/

class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specifications)
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((each) => !isLong(each))]
  }
}

export default defineConfig(({ mode }) => ({
  root,
  test: {
    // Most of the time of a test in workerd, or with processes of its own, is waiting.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // The proxy logs every request: only what a failed test has printed is worth reading.
    silent: 'passed-only',
    projects: mode === 'long' ? long() : standard(),
  },
}))
