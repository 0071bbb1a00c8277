import type { BrowserContextOptions, Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { type Buyer, type Demo, enter, linkWallet, openDemo, payButton, receipt } from './fixtures.ts'

export const MATE = 1_850
export const CHARGE = '**/v1/advanced_payments'
export const TICKET = '**/shop/orders/*/ticket'

/** What a buyer reads in each language, word for word. */
export const WORDS = {
  pt: {
    locale: 'pt-BR',
    shop: 'Uma pequena loja',
    link: 'Pagar com Mercado Pago',
    pay: /^Pagar .*1\.850,00/,
    paid: 'Pago. Obrigado!',
  },
  es: {
    locale: 'es-AR',
    shop: 'Una tienda pequeña',
    link: 'Pagar con Mercado Pago',
    pay: /^Pagar .*1\.850,00/,
    paid: '¡Pagado, gracias!',
  },
  en: {
    locale: 'en-US',
    shop: 'A small shop',
    link: 'Pay with Mercado Pago',
    pay: /^Pay .*1,850\.00/,
    paid: 'Paid. Thank you!',
  },
} as const
export const PAID = WORDS.en.paid
export const CHECKING = /^This takes longer than usual\. .* You will not be charged twice\.$/

export type Visitor = Buyer & { keys: string[] }

/** Idempotency keys of all charges that left the buyer's pages, in order. */
export function keysSent({ context }: Buyer): string[] {
  const keys: string[] = []
  context.on('request', (request) => {
    const isCharge = request.method() === 'POST' && new URL(request.url()).pathname === '/v1/advanced_payments'
    if (isCharge) keys.push(request.headers()['x-idempotency-key'] ?? 'none')
  })
  return keys
}

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
export const tryAgain = (page: Page) => button(page, /^Try again: ARS/)
export const paid = (page: Page) => receipt(page).getByText(PAID).waitFor()
/** The payment's id, as the receipt says it. */
export const paymentId = async (page: Page) => /Payment (\d+)/.exec(await receipt(page).innerText())?.[1]

export const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
export async function choose(page: Page, legend: string, option: string, name: string): Promise<void> {
  await group(page, legend).getByRole('combobox').selectOption({ label: option })
  await button(page, name).click()
}
export const arm = async (page: Page, fault: string): Promise<void> => {
  await choose(page, 'Mercado Pago fails', fault, 'Arm')
  await page.getByText(`Armed: ${fault}. Now press pay.`).waitFor()
}
export const decide = async (page: Page, decision: string): Promise<void> => {
  await choose(page, 'Mercado Pago decides', decision, 'Decide')
  await page.getByText(`The next payment will be ${decision}.`).waitFor()
}
export const setBalance = async (page: Page, amount: number): Promise<void> => {
  await page.getByLabel('Balance, ARS').fill(String(amount))
  await button(page, 'Set').click()
  await page.getByText(`The wallet holds ARS ${amount} now.`).waitFor()
}
/** The newest payment in the ledger. */
export const ledgerRow = (page: Page) =>
  page.getByRole('region', { name: 'Ledger' }).getByRole('row').filter({ hasText: 'payments.create' }).first()
export const paymentState = (page: Page, state: string) => page.getByRole('figure', { name: `Payment: ${state}`, exact: true })

/** Lets the first charge reach the proxy, and keeps its answer. */
export async function holdAnswer({ context }: Buyer): Promise<{ arrived: Promise<void> }> {
  let tell = (): void => {}
  const arrived = new Promise<void>((resolve) => {
    tell = resolve
  })
  await context.route(
    CHARGE,
    async (route) => {
      await route.fetch()
      tell()
    },
    { times: 1 },
  )
  return { arrived }
}

/** By the clock: whoever presses one after the other finds that the first tab has taken the button away. */
export async function pressBoth(...pages: Page[]): Promise<void> {
  const buttons = await Promise.all(pages.map((page) => payButton(page).elementHandle()))
  const at = Date.now() + 500
  const press = (element: unknown, at: number): void => {
    setTimeout(() => (element as { click(): void }).click(), at - Date.now())
  }
  await Promise.all(buttons.map((each) => each?.evaluate(press, at)))
}

/** Faster than the page can take the button away. */
export const pressTwice = (target: Locator): Promise<void> =>
  target.evaluate((element) => {
    const { click } = element as unknown as { click(): void }
    click.call(element)
    click.call(element)
  })

export const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate(
    (element) => element === (element as unknown as { ownerDocument: { activeElement: unknown } }).ownerDocument.activeElement,
  )

/** As far as the key goes: never a mouse. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let tabs = 0; tabs < 60; tabs++) {
    if (await isFocused(target)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${target} cannot be reached with the Tab key`)
}

/** The demo of a test file, and the buyers who visit it. */
export function useDemo() {
  let opened: Demo | undefined
  beforeAll(async () => {
    opened = await openDemo()
  }, 120_000)
  afterAll(() => opened?.close())

  function demo(): Demo {
    if (!opened) throw new Error('the demo is not open yet')
    return opened
  }

  /** A buyer, gone again after the test: an open page asks for news all the time. */
  async function visit(options?: BrowserContextOptions): Promise<Visitor> {
    const buyer = await enter(demo(), options)
    onTestFinished(() => buyer.context.close())
    return { ...buyer, keys: keysSent(buyer) }
  }

  /** The same, with a wallet that is linked. */
  async function visitLinked(options?: BrowserContextOptions): Promise<Visitor> {
    const visitor = await visit(options)
    await linkWallet(visitor.page)
    return visitor
  }

  async function openTab(context: Buyer['context']): Promise<Page> {
    const page = await context.newPage()
    await page.goto(demo().origin)
    return page
  }

  /** A buyer whose payment waits for the seller. */
  async function reserve(): Promise<Buyer> {
    const buyer = await visitLinked()
    const { page, money } = buyer
    await page.getByRole('checkbox', { name: /^Only reserve/ }).check()
    await button(page, /^Reserve ARS/).click()
    await receipt(page).getByText('Reserved. The shop charges when it ships.').waitFor()
    expect(await money()).toEqual(['payment_reserved'])
    return buyer
  }

  return { demo, visit, visitLinked, openTab, reserve }
}
