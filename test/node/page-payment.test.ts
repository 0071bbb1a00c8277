import { describeStatusDetail } from 'mercadopago-wallet-connect'
import type { Route } from 'playwright'
import { describe, expect, it } from 'vitest'
import type { Inspection } from '../../playground/demo/wire.ts'
import { payButton, receipt } from '../support/page/fixtures.ts'
import {
  arm,
  button,
  CHARGE,
  CHECKING,
  decide,
  group,
  holdAnswer,
  ledgerRow,
  paid,
  paymentId,
  paymentState,
  pressBoth,
  pressTwice,
  setBalance,
  TICKET,
  tryAgain,
  useDemo,
  WORDS,
} from '../support/page/shop-page.ts'

const { demo, visit, visitLinked, openTab, reserve } = useDemo()

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
    const isShop = (): boolean => page.url() === `${demo().origin}/`
    await page.goBack()
    expect(isShop()).toBe(false)
    await page.goBack()
    expect(isShop()).toBe(true)
    await paid(page)
    await page.goForward()
    await page.goForward()
    expect(isShop()).toBe(true)
    await paid(page)
    await page.goto(demo().origin)
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
      const { effects } = (await (await context.request.get(`${demo().origin}/inspector?since=0`)).json()) as Inspection
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
