import { cloudflareTest } from '@cloudflare/vitest-plugin'
import chromium from '@sparticuz/chromium'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { SECRETS } from './test/support/secrets/secrets.ts'

const root = new URL('.', import.meta.url).pathname
// Longest first. The tests take the package by its name, and the name means the sources.
const alias = {
  'mercadopago-wallet-connect/notifications': `${root}src/notifications/index.ts`,
  'mercadopago-wallet-connect/emulator': `${root}src/emulator/index.ts`,
  'mercadopago-wallet-connect/doctor': `${root}src/doctor/index.ts`,
  'mercadopago-wallet-connect/msw': `${root}src/msw.ts`,
  'mercadopago-wallet-connect': `${root}src/index.ts`,
}

export default defineConfig({
  root,
  test: {
    // One for each processor: most of the time of a test in workerd is waiting.
    maxWorkers: 2,
    projects: [
      {
        root,
        resolve: { alias },
        test: { name: 'node', include: ['test/{unit,contract,node,runtime}/**/*.test.ts', 'test/ledger/!(*.workerd).test.ts'] },
      },
      {
        root,
        resolve: { alias },
        plugins: [
          cloudflareTest({
            main: './playground/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            remoteBindings: false,
            miniflare: { bindings: SECRETS },
          }),
        ],
        // Some make hundreds of requests, and share the processors with others.
        test: {
          name: 'workerd',
          testTimeout: 20_000,
          include: ['test/{unit,contract,workerd}/**/*.test.ts', 'test/ledger/{state-machine,*.workerd}.test.ts'],
        },
      },
      {
        root,
        resolve: { alias },
        // Only for the service worker of msw, which has to come from the root of this server.
        publicDir: 'node_modules/msw/lib',
        optimizeDeps: { include: ['ofetch', 'valibot', 'fast-check', 'msw', 'msw/browser'] },
        test: {
          name: 'chromium',
          // It is one process, and dies of two pages at once.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          include: [
            'test/{contract,chromium}/**/*.test.ts',
            'test/unit/emulator/!(explore).test.ts',
            'test/unit/{errors,idempotency-key,money,notifications,payment-status,prepare,resolve,retry-policy,transcript}.test.ts',
          ],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: process.env.CHROMIUM ?? (await chromium.executablePath()),
                args: [...chromium.args, '--disable-background-networking'],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
