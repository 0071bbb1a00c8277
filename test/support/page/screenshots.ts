/** `node test/support/page/screenshots.ts`: the main states of the demo page, for the README, into playground/page/screenshots/. */
import { mkdirSync } from 'node:fs'
import type { BrowserContextOptions, Page } from 'playwright'
import { enter, linkWallet, openDemo, payButton, receipt } from './fixtures.ts'

const folder = new URL('../../../playground/page/screenshots/', import.meta.url).pathname
mkdirSync(folder, { recursive: true })

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }
const DARK: BrowserContextOptions = { ...DESKTOP, colorScheme: 'dark' }
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 760 }, deviceScaleFactor: 2 }

const stage = await openDemo()

/** One state of the page, come to by itself. */
async function take(
  name: string,
  options: BrowserContextOptions,
  play: (page: Page) => Promise<void>,
  afterMs = 1_000,
): Promise<void> {
  const { context, page } = await enter(stage, options)
  await play(page)
  // Colours change slowly.
  await page.waitForTimeout(afterMs)
  await page.screenshot({ path: `${folder}${name}.png` })
  await context.close()
}

async function arm(page: Page): Promise<void> {
  await page.getByLabel('Fault of the next payment').selectOption('reset after')
  await page.getByRole('button', { name: 'Arm', exact: true }).click()
  await page.getByText('Now press pay').waitFor()
}

try {
  await take('linked', DESKTOP, async (page) => {
    await linkWallet(page)
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await page.getByRole('button', { name: 'Apply', exact: true }).click()
    await page.getByText('With the coupon').waitFor()
  })
  await take(
    'lost-answer',
    DARK,
    async (page) => {
      await linkWallet(page)
      await arm(page)
      await payButton(page).click()
      await receipt(page).getByText('You will not be charged twice').waitFor()
      await page.locator('.now', { hasText: 'unknown' }).waitFor()
    },
    350,
  )
  await take('settled', DARK, async (page) => {
    await linkWallet(page)
    await arm(page)
    await payButton(page).click()
    await receipt(page).getByText('Paid. Thank you!').waitFor()
  })
  await take('rejected-phone', { ...PHONE, locale: 'pt-BR' }, async (page) => {
    await page.getByRole('button', { name: 'Pagar com Mercado Pago' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByLabel('The next payment is').selectOption('rejected insufficient_money')
    await page.getByRole('button', { name: 'Decide' }).click()
    await page.getByText('The next payment will be rejected').waitFor()
    await page.getByRole('button', { name: /^Pagar/ }).click()
    await receipt(page).getByText('Não foi pago').waitFor()
    await page.keyboard.press('Control+Home')
  })
  await take('code', DESKTOP, async (page) => {
    await linkWallet(page)
    await page.getByRole('button', { name: 'Show the code: Pay' }).click()
    await page.getByText('external_reference').first().waitFor()
  })
} finally {
  await stage.close()
}
