import { cloudflareTest } from '@cloudflare/vitest-plugin'
import chromium from '@sparticuz/chromium'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname
// Longest first. The tests take the package by its name, and the name means the sources.
const alias = {
  'mercadopago-wallet-connect/notifications': `${root}src/notifications.ts`,
  'mercadopago-wallet-connect/emulator': `${root}src/emulator/index.ts`,
  'mercadopago-wallet-connect/msw': `${root}src/msw.ts`,
  'mercadopago-wallet-connect': `${root}src/index.ts`,
}

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        resolve: { alias },
        test: { name: 'node', include: ['test/{unit,contract,node}/**/*.test.ts'] },
      },
      {
        root,
        resolve: { alias },
        plugins: [
          cloudflareTest({
            main: './playground/worker.dev.ts',
            wrangler: { configPath: './wrangler.toml', environment: 'dev' },
            remoteBindings: false,
            miniflare: {
              bindings: {
                ORIGIN: 'https://proxy.test',
                // SHA-256 of `demo-key`
                CLIENT_KEY_SHA256: 'c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c',
              },
            },
          }),
        ],
        test: { name: 'workerd', include: ['test/{unit,contract,workerd}/**/*.test.ts'] },
      },
      {
        root,
        resolve: { alias },
        // Only for the service worker of msw, which has to come from the root of this server.
        publicDir: 'node_modules/msw/lib',
        optimizeDeps: { include: ['ofetch', 'valibot', 'fast-check', 'msw', 'msw/browser'] },
        test: {
          name: 'chromium',
          include: [
            'test/{contract,chromium}/**/*.test.ts',
            'test/unit/{emulator,emulator-*,errors,idempotency-key,money,notifications,payment-status,prepare,resolve,retry-delay,transcript}.test.ts',
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
