import { prepare } from 'mercadopago-wallet-connect'
import type { Locator } from 'playwright'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Order } from '../../playground/demo/wire.ts'
import { linkWallet, payButton, receipt } from '../support/page/fixtures.ts'
import { button, choose, isFocused, MATE, paid, tabTo, tryAgain, useDemo, WORDS } from '../support/page/shop-page.ts'

const { demo, visit, visitLinked, openTab } = useDemo()

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
    const context = await demo().browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const sessions: Promise<string | null>[] = []
    page.on('response', (response) => sessions.push(response.headerValue('set-cookie')))
    const choices = page.waitForResponse('**/inspector/choices')
    const look = page.waitForResponse('**/inspector?since=*')
    await page.goto(demo().origin)
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
    await expect.poll(() => victim.page.url()).toBe(`${demo().origin}/`)
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
      const headers = { origin: demo().origin, 'content-type': 'application/json' }
      return page.request.post(`${demo().origin}/${path}`, { data, headers })
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
