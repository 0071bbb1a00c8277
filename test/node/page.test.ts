import { describeStatusDetail, prepare } from 'mercadopago-wallet-connect'
import type { BrowserContextOptions, Locator, Page, Route } from 'playwright'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Inspection, Order } from '../../playground/demo/wire.ts'
import { type Buyer, type Demo, enter, linkWallet, openDemo, payButton, receipt } from '../support/page/fixtures.ts'

let stage: Demo
beforeAll(async () => {
  stage = await openDemo()
}, 120_000)
afterAll(() => stage?.close())

const MATE = 1_850
const CHARGE = '**/v1/advanced_payments'
const TICKET = '**/shop/orders/*/ticket'

/** What a buyer reads in each language, word for word. */
const WORDS = {
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
const PAID = WORDS.en.paid
const CHECKING = /^This takes longer than usual\. .* You will not be charged twice\.$/

type Visitor = Buyer & { keys: string[] }

/** A buyer, gone again after the test: an open page asks for news all the time. */
async function visit(options?: BrowserContextOptions): Promise<Visitor> {
  const buyer = await enter(stage, options)
  onTestFinished(() => buyer.context.close())
  return { ...buyer, keys: keysSent(buyer) }
}

/** The same, with a wallet that is linked. */
async function visitLinked(options?: BrowserContextOptions): Promise<Visitor> {
  const visitor = await visit(options)
  await linkWallet(visitor.page)
  return visitor
}

/** Idempotency keys of all charges that left the buyer's pages, in order. */
function keysSent({ context }: Buyer): string[] {
  const keys: string[] = []
  context.on('request', (request) => {
    const isCharge = request.method() === 'POST' && new URL(request.url()).pathname === '/v1/advanced_payments'
    if (isCharge) keys.push(request.headers()['x-idempotency-key'] ?? 'none')
  })
  return keys
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })
const tryAgain = (page: Page) => button(page, /^Try again: ARS/)
const paid = (page: Page) => receipt(page).getByText(PAID).waitFor()
/** The payment's id, as the receipt says it. */
const paymentId = async (page: Page) => /Payment (\d+)/.exec(await receipt(page).innerText())?.[1]

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
async function choose(page: Page, legend: string, option: string, name: string): Promise<void> {
  await group(page, legend).getByRole('combobox').selectOption({ label: option })
  await button(page, name).click()
}
const arm = async (page: Page, fault: string): Promise<void> => {
  await choose(page, 'Mercado Pago fails', fault, 'Arm')
  await page.getByText(`Armed: ${fault}. Now press pay.`).waitFor()
}
const decide = async (page: Page, decision: string): Promise<void> => {
  await choose(page, 'Mercado Pago decides', decision, 'Decide')
  await page.getByText(`The next payment will be ${decision}.`).waitFor()
}
const setBalance = async (page: Page, amount: number): Promise<void> => {
  await page.getByLabel('Balance, ARS').fill(String(amount))
  await button(page, 'Set').click()
  await page.getByText(`The wallet holds ARS ${amount} now.`).waitFor()
}
/** The newest payment in the ledger. */
const ledgerRow = (page: Page) =>
  page.getByRole('region', { name: 'Ledger' }).getByRole('row').filter({ hasText: 'payments.create' }).first()
const paymentState = (page: Page, state: string) => page.getByRole('figure', { name: `Payment: ${state}`, exact: true })

/** Lets the first charge reach the proxy, and keeps its answer. */
async function holdAnswer({ context }: Buyer): Promise<{ arrived: Promise<void> }> {
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

describe('the checkout', { timeout: 60_000 }, () => {
  it('links a wallet, applies a coupon and pays: one charge, of the discounted amount', async () => {
    const { page, effects, money } = await visitLinked()
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await button(page, 'Apply').click()
    await payButton(page).click()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
    expect((await effects()).find(({ kind }) => kind === 'payment_charged')?.amount).toBe(1_665)
  })

  it.each(Object.entries(WORDS))('speaks the language of the browser from the cart to the receipt: %s', async (lang, words) => {
    const { locale, shop, link, pay, paid } = words
    const { page, effects } = await visit({ locale })
    await page.getByRole('heading', { name: shop, level: 1 }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toMatch(new RegExp(`^${lang}`))
    await button(page, link).click()
    await button(page, 'Approve').click()
    await button(page, pay).click()
    await receipt(page).getByText(paid).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toMatch(new RegExp(`^${lang}`))
    expect((await effects()).filter(({ amount }) => amount !== undefined)).toMatchObject([
      { kind: 'payment_charged', amount: MATE },
    ])
  })

  it('makes a newcomer one session, whatever the page asks for at the same time', async () => {
    const context = await stage.browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const sessions: Promise<string | null>[] = []
    page.on('response', (response) => sessions.push(response.headerValue('set-cookie')))
    const choices = page.waitForResponse('**/inspector/choices')
    const look = page.waitForResponse('**/inspector?since=*')
    await page.goto(stage.origin)
    await Promise.all([choices, look])
    expect((await Promise.all(sessions)).filter((each) => each?.includes('shop_session'))).toHaveLength(1)
  })

  it('keeps the language that the buyer has chosen over a reload', async () => {
    const { page } = await visit({ locale: 'pt-BR' })
    await page.getByRole('combobox', { name: 'Idioma' }).selectOption({ label: 'Español' })
    await button(page, WORDS.es.link).waitFor()
    await page.reload()
    await button(page, WORDS.es.link).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('es-AR')
  })

  it('links nothing when the buyer refuses in Mercado Pago, and says so', async () => {
    const { page, effects } = await visit()
    await button(page, 'Pay with Mercado Pago').click()
    await button(page, 'Refuse').click()
    await page.getByRole('alert').getByText('Your wallet was not linked, and nothing was charged.').waitFor()
    await button(page, 'Pay with Mercado Pago').waitFor()
    expect((await effects()).map(({ kind }) => kind)).toEqual(['agreement_created', 'agreement_refused'])
  })

  it('unlinks the wallet: the agreement is cancelled, and linking is offered again', async () => {
    const { page, effects } = await visitLinked()
    await button(page, 'Unlink').click()
    await button(page, 'Pay with Mercado Pago').waitFor()
    expect(await payButton(page).count()).toBe(0)
    expect((await effects()).at(-1)?.kind).toBe('agreement_cancelled')
  })

  it('charges nothing once the buyer has unlinked in the app, and lets them link again and pay', async () => {
    const buyer = await visitLinked()
    const { page, money } = buyer
    await button(page, 'Unlink in the app').click()
    await page.getByText('The buyer has unlinked this shop in Mercado Pago.').waitFor()
    await payButton(page).click()
    await receipt(page).getByText('Not paid. Nothing was charged.').waitFor()
    await page.getByRole('alert').getByText('Your wallet is no longer linked. Link it again to pay.').waitFor()
    expect(await money()).toEqual([])
    await linkWallet(page)
    await tryAgain(page).click()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
    expect(new Set(buyer.keys).size).toBe(2)
  })

  it('does not take over a wallet that somebody else has approved (login CSRF), and cleans the address', async () => {
    const attacker = await visit()
    const victim = await visit()
    // The attacker approves, and keeps the way back for the victim.
    let way = ''
    await attacker.context.route('**/v1/wallet_agreement/*', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      way = (await route.fetch({ maxRedirects: 0 })).headers().location ?? ''
      return route.abort()
    })
    await button(attacker.page, 'Pay with Mercado Pago').click()
    await button(attacker.page, 'Approve').click()
    await expect.poll(() => way).toMatch(/\?code=\w+&agreement=\w+$/)
    const exchanged: string[] = []
    victim.page.on('request', (request) => {
      if (request.url().endsWith('/payer_token')) exchanged.push(request.url())
    })
    await victim.page.goto(way)
    await button(victim.page, 'Pay with Mercado Pago').waitFor()
    await expect.poll(() => victim.page.url()).toBe(`${stage.origin}/`)
    await victim.page.waitForLoadState('networkidle', { timeout: 1_000 }).catch(() => {})
    expect(exchanged).toEqual([])
    expect((await attacker.effects()).map(({ kind }) => kind)).toEqual(['agreement_created', 'agreement_confirmed'])
    expect(await victim.page.getByText('Your Mercado Pago wallet is linked.').count()).toBe(0)
  })

  it('shows the code for the page and five runtimes in a dialog that Escape closes', async () => {
    const { page } = await visit()
    const opener = button(page, 'Show the code: Link the wallet')
    await opener.click()
    const dialog = page.getByRole('dialog', { name: 'Link the wallet' })
    const shown: string[] = []
    for (const runtime of ['Browser', 'Workers', 'Deno', 'Bun', 'Node', 'curl']) {
      await dialog.getByRole('radio', { name: runtime, exact: true }).check()
      shown.push(await dialog.getByRole('code').innerText())
    }
    expect(await dialog.getByRole('radio').count()).toBe(6)
    expect(new Set(shown).size).toBe(6)
    for (const code of shown) expect(code).toContain('/linked')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await isFocused(opener)).toBe(true)
  })

  it('can be used with the keyboard alone', async () => {
    const { page, effects } = await visit()
    const press = async (target: Locator, key: string): Promise<void> => {
      await tabTo(page, target)
      await page.keyboard.press(key)
    }
    await press(button(page, 'One more: Coffee, 250 g'), 'Space')
    await press(button(page, 'Pay with Mercado Pago'), 'Enter')
    await button(page, 'Approve').waitFor()
    await press(button(page, 'Approve'), 'Enter')
    await page.getByText('Your Mercado Pago wallet is linked.').waitFor()
    await press(page.getByRole('checkbox', { name: /^Only reserve/ }), 'Space')
    await press(button(page, /^Reserve ARS/), 'Enter')
    await receipt(page).getByText('Reserved. The shop charges when it ships.').waitFor()
    await press(button(page, 'Capture'), 'Space')
    await paid(page)
    const amount = MATE + 980.5
    expect((await effects()).filter(({ kind }) => kind.startsWith('payment_'))).toMatchObject([
      { kind: 'payment_reserved', amount },
      { kind: 'payment_captured', amount },
    ])
  })
})

describe('a payment', { timeout: 60_000 }, () => {
  it('is charged once when the buyer presses twice', async () => {
    const { page, money, keys } = await visitLinked()
    await pressTwice(payButton(page))
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(1)
  })

  it('that is rejected charges nothing and says why in the language of the buyer; the next try has a new key', async () => {
    const buyer = await visit({ locale: 'es-AR' })
    const { page, money, effects, keys } = buyer
    await button(page, WORDS.es.link).click()
    await button(page, 'Approve').click()
    await button(page, WORDS.es.pay).waitFor()
    await decide(page, 'rejected: cc_rejected_call_for_authorize')
    await button(page, WORDS.es.pay).click()
    await receipt(page).getByRole('heading', { name: 'No se pagó' }).waitFor()
    await receipt(page).getByText(describeStatusDetail('cc_rejected_call_for_authorize', 'es-AR')).waitFor()
    expect(await money()).toEqual(['payment_rejected'])
    await button(page, /^Intentar de nuevo: /).click()
    await receipt(page).getByText(WORDS.es.paid).waitFor()
    expect(await money()).toEqual(['payment_rejected', 'payment_charged'])
    expect(new Set(keys).size).toBe(2)
    const upstream = (await effects()).filter(({ payment_id }) => payment_id !== undefined)
    expect(new Set(upstream.map(({ idempotency_key }) => idempotency_key)).size).toBe(2)
    expect(new Set(upstream.map(({ external_reference }) => external_reference)).size).toBe(1)
  })

  it('that the balance does not cover charges nothing until it does', async () => {
    const { page, money } = await visitLinked()
    await setBalance(page, 10)
    await payButton(page).click()
    await receipt(page).getByText(describeStatusDetail('insufficient_money', 'en')).waitFor()
    expect(await money()).toEqual(['payment_rejected'])
    await setBalance(page, 50_000)
    await tryAgain(page).click()
    await paid(page)
    expect(await money()).toEqual(['payment_rejected', 'payment_charged'])
  })

  it('that is reserved is charged when the seller captures it, and the receipt follows', async () => {
    const { page, money } = await reserve()
    await button(page, 'Capture').click()
    await paid(page)
    expect(await money()).toEqual(['payment_reserved', 'payment_captured'])
  })

  it('that is reserved charges nothing when the seller cancels it, and the receipt follows', async () => {
    const { page, money } = await reserve()
    await button(page, 'Cancel').click()
    await receipt(page).getByText('The shop cancelled it. Nothing was charged.').waitFor()
    expect(await money()).toEqual(['payment_reserved', 'payment_cancelled'])
  })

  it('that the seller refunds goes back once, and the receipt follows', async () => {
    const { page, money } = await visitLinked()
    await payButton(page).click()
    await paid(page)
    await button(page, 'Refund').click()
    await receipt(page).getByText('Your money was given back.').waitFor()
    expect(await money()).toEqual(['payment_charged', 'payment_refunded'])
  })

  it('is charged once when two tabs press pay at the same moment, and both show it', async () => {
    const { page, context, money } = await visitLinked()
    const other = await openTab(context)
    await pressBoth(page, other)
    await Promise.all([paid(page), paid(other)])
    expect(await money()).toEqual(['payment_charged'])
    expect(await paymentId(page)).toMatch(/^\d+$/)
    expect(await paymentId(other)).toBe(await paymentId(page))
  })

  it('keeps its key over a reload while the answer is on its way: one charge, and nobody presses anything', async () => {
    const buyer = await visitLinked()
    const { page, money, keys } = buyer
    const { arrived } = await holdAnswer(buyer)
    await payButton(page).click()
    await arrived
    expect(await money()).toEqual(['payment_charged'])
    await page.reload()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(2)
    expect(new Set(keys).size).toBe(1)
  })

  it('keeps its key when the tab is closed and another one opened: one charge, and nobody presses anything', async () => {
    const buyer = await visitLinked()
    const { page, context, money, keys } = buyer
    const { arrived } = await holdAnswer(buyer)
    await payButton(page).click()
    await arrived
    await page.close()
    await paid(await openTab(context))
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(2)
    expect(new Set(keys).size).toBe(1)
  })

  it('is never charged again by going back, forward, or to the shop anew', async () => {
    const { page, money, keys } = await visitLinked()
    await payButton(page).click()
    await paid(page)
    const isShop = (): boolean => page.url() === `${stage.origin}/`
    await page.goBack()
    expect(isShop()).toBe(false)
    await page.goBack()
    expect(isShop()).toBe(true)
    await paid(page)
    await page.goForward()
    await page.goForward()
    expect(isShop()).toBe(true)
    await paid(page)
    await page.goto(stage.origin)
    await paid(page)
    expect(await payButton(page).count()).toBe(0)
    expect(await tryAgain(page).count()).toBe(0)
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(1)
  })

  it('whose answer breaks off between proxy and page is asked about with the same key: one charge', async () => {
    const { page, context, money, keys } = await visitLinked()
    await context.route(
      CHARGE,
      async (route: Route) => {
        await route.fetch()
        await route.abort('connectionreset')
      },
      { times: 1 },
    )
    await payButton(page).click()
    await receipt(page).getByText(CHECKING).waitFor()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(2)
    expect(new Set(keys).size).toBe(1)
  })

  it('goes on when the backend of the shop fails once, before it begins and in the middle', async () => {
    const { page, context, money } = await visitLinked()
    const fail = (route: Route) => route.fulfill({ status: 500 })
    await context.route(TICKET, fail, { times: 1 })
    await payButton(page).click()
    await page
      .getByRole('alert')
      .getByText(/^That did not work/)
      .waitFor()
    expect(await money()).toEqual([])
    await arm(page, 'answer lost after the charge')
    let tickets = 0
    await context.route(TICKET, (route) => {
      tickets += 1
      return tickets === 2 ? fail(route) : route.continue()
    })
    await payButton(page).click()
    await receipt(page).getByText(CHECKING).waitFor()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
  })
})

describe('Mercado Pago', { timeout: 60_000 }, () => {
  it.each(['answer lost after the charge', 'request lost before the charge'])(
    'fails (%s): the ledger asks again, the page says that it is checking, and there is one charge',
    async (fault) => {
      const { page, money, keys } = await visitLinked()
      await arm(page, fault)
      await payButton(page).click()
      await Promise.all([
        receipt(page).getByText(CHECKING).waitFor(),
        ledgerRow(page).getByText('UNKNOWN').waitFor(),
        paymentState(page, 'unknown').waitFor(),
      ])
      expect(await payButton(page).count()).toBe(0)
      expect(await tryAgain(page).count()).toBe(0)
      await paid(page)
      await ledgerRow(page).getByText('DONE').waitFor()
      await ledgerRow(page).getByRole('cell', { name: '2', exact: true }).waitFor()
      await paymentState(page, 'approved').waitFor()
      expect(await money()).toEqual(['payment_charged'])
      expect(new Set(keys).size).toBe(1)
    },
  )

  it('loses the answer of one tab while another one presses pay: one charge, and both show it', async () => {
    const { page, context, money } = await visitLinked()
    const other = await openTab(context)
    await arm(page, 'answer lost after the charge')
    await pressBoth(page, other)
    await Promise.all([paid(page), paid(other)])
    expect(await money()).toEqual(['payment_charged'])
    expect(await paymentId(page)).toMatch(/^\d+$/)
    expect(await paymentId(other)).toBe(await paymentId(page))
  })

  it('loses the answer, and the buyer reloads and then closes the tab while it is checked: one charge', async () => {
    const { page, context, money, keys } = await visitLinked()
    await arm(page, 'answer lost after the charge')
    await payButton(page).click()
    await receipt(page).getByText(CHECKING).waitFor()
    await page.reload()
    await expect.poll(() => keys.length).toBeGreaterThan(1)
    await page.close()
    await paid(await openTab(context))
    expect(await money()).toEqual(['payment_charged'])
    expect(new Set(keys).size).toBe(1)
  })

  it('is asked for one agreement when the buyer presses twice', async () => {
    const { page, context } = await visit()
    const agreements = async () => {
      const { effects } = (await (await context.request.get(`${stage.origin}/inspector?since=0`)).json()) as Inspection
      return effects.filter(({ kind }) => kind === 'agreement_created').length
    }
    const before = await agreements()
    await pressTwice(button(page, 'Pay with Mercado Pago'))
    await button(page, 'Approve').waitFor()
    expect(await agreements()).toBe(before + 1)
  })

  it('does not fail once the fault is disarmed', async () => {
    const { page, money, keys } = await visitLinked()
    await arm(page, 'answer lost after the charge')
    await page.getByText('armed: reset').waitFor()
    await button(page, 'Disarm').click()
    await page.getByText('armed: reset').waitFor({ state: 'hidden' })
    await payButton(page).click()
    await paid(page)
    await ledgerRow(page).getByRole('cell', { name: '1', exact: true }).waitFor()
    expect(await money()).toEqual(['payment_charged'])
    expect(keys.length).toBe(1)
  })

  it('tells of a payment: the notification and the event that follows are in the timeline', async () => {
    const { page } = await visitLinked()
    await button(page, 'Clear').click()
    await payButton(page).click()
    const timeline = page.getByRole('region', { name: 'Timeline' }).getByRole('row')
    await timeline
      .filter({ hasText: /Mercado Pago → proxy.*notification/ })
      .first()
      .waitFor()
    await timeline
      .filter({ hasText: /proxy → shop.*event/ })
      .first()
      .waitFor()
    await timeline
      .filter({ hasText: /page → proxy.*payments\.create.*201/ })
      .first()
      .waitFor()
  })

  it('has a clock that the developer puts forward', async () => {
    const { page } = await visit()
    const clock = group(page, 'The clock of Mercado Pago').getByRole('time')
    const shown = async () => Date.parse((await clock.getAttribute('datetime')) ?? '')
    await expect.poll(shown).toBeGreaterThan(Date.now() - 60_000)
    const before = await shown()
    await button(page, '+1 minute').click()
    await expect.poll(async () => (await shown()) - before).toBeGreaterThanOrEqual(60_000)
    expect((await shown()) - before).toBeLessThan(120_000)
  })
})

/** By the clock: whoever presses one after the other finds that the first tab has taken the button away. */
async function pressBoth(...pages: Page[]): Promise<void> {
  const buttons = await Promise.all(pages.map((page) => payButton(page).elementHandle()))
  const at = Date.now() + 500
  const press = (element: unknown, at: number): void => {
    setTimeout(() => (element as { click(): void }).click(), at - Date.now())
  }
  await Promise.all(buttons.map((each) => each?.evaluate(press, at)))
}

/** Faster than the page can take the button away. */
const pressTwice = (target: Locator): Promise<void> =>
  target.evaluate((element) => {
    const { click } = element as unknown as { click(): void }
    click.call(element)
    click.call(element)
  })

async function openTab(context: Buyer['context']): Promise<Page> {
  const page = await context.newPage()
  await page.goto(stage.origin)
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

const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate(
    (element) => element === (element as unknown as { ownerDocument: { activeElement: unknown } }).ownerDocument.activeElement,
  )

/** As far as the key goes: never a mouse. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let tabs = 0; tabs < 60; tabs++) {
    if (await isFocused(target)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${target} cannot be reached with the Tab key`)
}

describe('the shop', { timeout: 60_000 }, () => {
  it('knows what is being paid when the browser has forgotten it', async () => {
    const { page, money, keys } = await visitLinked()
    await payButton(page).click()
    await paid(page)
    await page.evaluate("localStorage.removeItem('wallet-connect-demo:purchase')")
    await page.reload()
    await paid(page)
    expect(new Set(keys).size).toBe(1)
    expect(await money()).toEqual(['payment_charged'])
  })

  it('charges the price that was on the button, or nothing', async () => {
    const { page, context, money, effects } = await visitLinked()
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await button(page, 'Apply').click()
    await button(page, 'Pay ARS 1,665.00').waitFor()
    await context.route('**/v2/wallet_connect/discounts', (route) => route.fulfill({ json: { discount: {} } }), { times: 1 })
    await payButton(page).click()
    await page.getByRole('alert').getByText('The discount has changed').waitFor()
    expect(await money()).toEqual([])
    await button(page, 'Pay ARS 1,850.00').click()
    await paid(page)
    expect((await effects()).find(({ kind }) => kind === 'payment_charged')?.amount).toBe(1_850)
  })

  it('allows no second try while the first one may still be paid', async () => {
    const { page, money } = await visitLinked()
    const post = async (path: string, body: object) => {
      const data = JSON.stringify(body)
      const headers = { origin: stage.origin, 'content-type': 'application/json' }
      return page.request.post(`${stage.origin}/${path}`, { data, headers })
    }
    const order: Order = await (await post('shop/orders', { items: [{ id: 'mate', quantity: 1 }], reserve: false })).json()
    const { payer_token } = JSON.parse(String(await page.evaluate("localStorage.getItem('wallet-connect-demo:wallet')")))
    const { id, amount, idempotency_key } = order
    const payment = { wallet_payment: { transaction_amount: amount, external_reference: id }, payer: { token: payer_token } }
    const request = prepare('payments.create', payment, { idempotencyKey: idempotency_key })
    expect((await post(`shop/orders/${id}/ticket`, { request })).status()).toBe(201)
    // Not even when it cannot be read.
    await post('inspector/control', { do: 'injectFault', fault: 'not_found', operation: 'payments.get' })
    for (const _ of [1, 2]) expect((await post(`shop/orders/${id}/retry`, { after: 1 })).status()).toBe(409)
    expect(await money()).toEqual(['payment_charged'])
  })

  it('lets a try begin anew that Mercado Pago refused', async () => {
    const { page, money } = await visitLinked()
    await choose(page, 'Mercado Pago fails', 'key_used (before)', 'Arm')
    await page.getByText('Armed: key_used. Now press pay.').waitFor()
    await payButton(page).click()
    await receipt(page).getByText('Not paid. Nothing was charged.').waitFor()
    await tryAgain(page).click()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
  })

  it('lets a reservation that the seller cancelled be made again', async () => {
    const { page, money } = await visitLinked()
    await page.getByRole('checkbox').check()
    await payButton(page).click()
    await receipt(page).getByText('Reserved.').waitFor()
    await button(page, 'Cancel').click()
    await tryAgain(page).click()
    await receipt(page).getByText('Reserved.').waitFor()
    expect(await money()).toEqual(['payment_reserved', 'payment_cancelled', 'payment_reserved'])
  })

  it('keeps nobody waiting for ever for what Mercado Pago does not tell', async () => {
    const { page, money } = await visitLinked()
    await choose(page, 'Mercado Pago fails', 'in_progress_forever (before)', 'Arm')
    await page.getByText('Armed: in_progress_forever. Now press pay.').waitFor()
    await payButton(page).click()
    await button(page, 'Do not wait').click()
    await payButton(page).click()
    await paid(page)
    expect(await money()).toEqual(['payment_charged'])
  })

  it('loses no code of a buyer who links in two tabs', async () => {
    const { page, context } = await visit()
    const other = await openTab(context)
    for (const tab of [page, other]) {
      await button(tab, WORDS.en.link).click()
      await button(tab, 'Approve').waitFor()
    }
    await button(page, 'Approve').click()
    await page.getByText('Your Mercado Pago wallet is linked.').waitFor()
  })

  // The last one: nobody puts the clock back.
  it('offers to link again when the agreement has run out, with a coupon, too', async () => {
    const { page, money } = await visitLinked()
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await button(page, 'Apply').click()
    await page.getByText('The coupon WALLET10 is applied.').waitFor()
    await button(page, '+1 year').click()
    await payButton(page).click()
    await page.getByRole('alert').getByText('no longer linked').waitFor()
    await linkWallet(page)
    expect(await money()).toEqual([])
  })
})
