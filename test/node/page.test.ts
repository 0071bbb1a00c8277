import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enter, linkWallet, openStage, payButton, receipt, type Stage } from '../page/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 120_000)
afterAll(() => stage?.close())

describe('the checkout', { timeout: 60_000 }, () => {
  it('links a wallet, applies a coupon and pays: one charge, of the discounted amount', async () => {
    const { page, effects, money } = await enter(stage)
    await linkWallet(page)
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await page.getByRole('button', { name: 'Apply', exact: true }).click()
    await payButton(page).click()
    await receipt(page).getByText('Paid. Thank you!').waitFor()
    expect(await money()).toEqual(['payment_charged'])
    expect((await effects()).find(({ kind }) => kind === 'payment_charged')?.amount).toBe(16_650)
  })
})
