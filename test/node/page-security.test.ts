import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Inspection, Order } from '../../playground/demo/wire.ts'
import { type Buyer, type Demo, enter, linkWallet, openDemo, payButton, receipt } from '../support/page/fixtures.ts'
import { openSite, type Site, type Stranger, type Target, visit } from '../support/page/foreign-site.ts'
import { secretsOf, tap, type Wiretap } from '../support/page/record-traffic.ts'
import { findSecrets } from '../support/secrets/find-secrets.ts'

let stage: Demo
beforeAll(async () => {
  stage = await openDemo()
}, 120_000)
afterAll(() => stage?.close())

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const comesTo = (page: Page, words: string) => receipt(page).getByText(words).waitFor()

describe('a whole purchase', { timeout: 60_000 }, () => {
  let buyer: Buyer
  let wire: Wiretap
  /** Of the address that the buyer came back to. */
  const codes: string[] = []

  beforeAll(async () => {
    buyer = await enter(stage)
    const { page } = buyer
    wire = await tap(page)
    page.on('request', (request) => {
      const code = request.isNavigationRequest() ? new URL(request.url()).searchParams.get('code') : null
      if (code) codes.push(code)
    })
    await page.reload()
    await wire.look()
    await press(page, 'Pay with Mercado Pago')
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    await wire.look()
    await press(page, 'Approve')
    await page.getByText('Your Mercado Pago wallet is linked.').waitFor()
    // What the page does not ask of its own accord while the wallet is linked, and could.
    await page.evaluate(readAgreement)
    await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
    await press(page, 'Apply')
    await payButton(page).click()
    await comesTo(page, 'Paid. Thank you!')
    await wire.look()
    await press(page, 'Refund')
    await comesTo(page, 'Your money was given back.')

    await press(page, 'Buy something else')
    await page.getByLabel('Fault of the next payment').selectOption('reset after')
    await press(page, 'Arm')
    await page.getByText('armed: reset').waitFor()
    await payButton(page).click()
    await comesTo(page, 'Paid. Thank you!')
    await wire.look()

    await press(page, 'Buy something else')
    await page.getByRole('checkbox').check()
    await payButton(page).click()
    await comesTo(page, 'Reserved.')
    await press(page, 'Capture')
    await comesTo(page, 'Paid. Thank you!')

    await press(page, 'Buy something else')
    await press(page, 'Unlink in the app')
    await page.getByText('The buyer has unlinked this shop').waitFor()
    await payButton(page).click()
    await comesTo(page, 'Not paid. Nothing was charged.')
    await page.getByText('Your wallet is no longer linked.').waitFor()
    await wire.look()
    await press(page, 'Buy something else')
    await linkWallet(page)
    await press(page, 'Unlink')
    await page.getByRole('button', { name: 'Pay with Mercado Pago' }).waitFor()
    await wire.look()
  }, 60_000)

  it('moves the money that it says', async () => {
    expect(await buyer.money()).toEqual([
      'payment_charged',
      'payment_refunded',
      'payment_charged',
      'payment_reserved',
      'payment_captured',
    ])
  })

  it('is read completely: what the browser may know is found', () => {
    const text = wire.text()
    expect(wire.said.filter((line) => line.startsWith('not read'))).toEqual([])
    expect(text).toMatch(/"payer_token\\*":\\*"wch1\./)
    expect(wire.received.map(({ url }) => new URL(url).pathname)).toEqual(
      expect.arrayContaining(['/', '/shop/wallet-ticket', '/inspector', '/inspector/choices', '/v1/advanced_payments']),
    )
    expect(text).toContain('<h1>Link your wallet?</h1>')
    expect(text).toContain('localStorage')
    // Of the demo's own client, in a ticket.
    expect(findSecrets(text, ['payments.create', 'MLA', stage.origin])).toHaveLength(3)
    expect(wire.received.some(({ url, body }) => url.endsWith('.js') && body.length > 10_000)).toBe(true)
  })

  it('tells the browser none of the secrets', () => {
    const { CLIENTS = '[]', ...others } = secretsOf(stage.origin)
    const [client] = JSON.parse(CLIENTS)
    const keys = [others.TICKET_KEYS, others.SEALING_KEYS].map((text = '') => text.replace(/^\w+:/, ''))
    const events = String(others.DEMO_EVENTS_SECRET).replace('whsec_', '')
    const [printed = ''] = /wck_[\w-]{43}/.exec(stage.output()) ?? []
    const secrets = [
      ...['TEST-emulator', printed, others.DEMO_CLIENT_KEY, others.WEBHOOK_SECRETS, ...client.keys, ...client.events.secrets],
      ...[...keys, events].flatMap((secret) => [secret, Buffer.from(secret, 'base64').toString('latin1')]),
    ]
    for (const secret of secrets) expect(String(secret).length, 'all of them are known').toBeGreaterThan(12)
    expect(findSecrets(wire.text(), secrets)).toEqual([])
  })

  it('tells it no payer token, and no code but the one that it comes back with', () => {
    // Both are 64 hex digits in the emulator; nothing else that the page sees is.
    expect(codes).toHaveLength(2)
    expect(new Set(wire.text().match(/[0-9a-f]{64}/gi))).toEqual(new Set(codes))
    for (const { url, body } of wire.received) expect(body, url).not.toMatch(/[0-9a-f]{64}/i)
    expect(wire.text()).not.toContain('validation_code":')
  })

  it('shows scripts no cookie, and gives one session, with the document', async () => {
    expect(await buyer.page.evaluate('document.cookie')).toBe('')
    const context = await stage.browser.newContext()
    const page = await context.newPage()
    const first = await tap(page)
    await page.goto(stage.origin)
    await expect.poll(() => first.received.some(({ url }) => url.endsWith('/inspector/choices'))).toBe(true)
    await first.look()
    expect(first.cookies).toEqual([['/', expect.stringMatching(/^shop_session=[\w-]{36};.*HttpOnly; SameSite=Lax$/)]])
    await context.close()
  })

  it('keeps to a policy that allows nothing but files of its own', () => {
    const documents = wire.received.filter(({ url }) => new URL(url).pathname === '/' && new URL(url).origin === stage.origin)
    expect(documents.length).toBeGreaterThan(1)
    for (const { headers, body } of documents) {
      const policy = headers['content-security-policy'] ?? ''
      expect(policy).toMatch(/default-src 'none'/)
      expect(policy).toMatch(/frame-ancestors 'none'/)
      expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:/)
      // Nothing is written into the document that would need more.
      expect(body).not.toMatch(/<style|\sstyle=|\son\w+=/i)
      for (const [tag] of body.matchAll(/<script[^>]*>/g)) expect(tag).toMatch(/ src="\/assets\//)
    }
  })

  it('breaks that policy nowhere, and says nothing in the console', () => {
    // The browser itself tells of answers of 400 and more, and of broken connections.
    expect(wire.said.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([])
  })

  it('asks nobody but the demo', () => {
    expect(wire.requested.length).toBeGreaterThan(50)
    expect(wire.requested.filter((url) => !url.startsWith(`${stage.origin}/`))).toEqual([])
  })
})

/** With the ticket that the page has, too. */
async function readAgreement(): Promise<void> {
  const { localStorage } = globalThis as unknown as { localStorage: Record<string, string> }
  const { agreement_id } = JSON.parse(localStorage['wallet-connect-demo:wallet'] ?? '')
  const json = { 'content-type': 'application/json' }
  const answer = await fetch('/shop/wallet-ticket', { method: 'POST', headers: json, body: '{}' })
  const { ticket } = (await answer.json()) as { ticket: string }
  const read = await fetch(`/v2/wallet_connect/agreements/${agreement_id}`, { headers: { authorization: `Bearer ${ticket}` } })
  if (!read.ok) throw new Error(`${read.status}`)
  await read.text()
}

describe('the page', { timeout: 90_000 }, () => {
  const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) => [360, 1440].map((width) => ({ colorScheme, width })))
  const states: Record<string, (page: Page) => Promise<unknown>> = {
    'with nothing linked': async () => {},
    'with code to show': async (page) => {
      await press(page, 'Show the code: Link the wallet')
      await page.getByRole('dialog').waitFor()
    },
    'linked, with a coupon': async (page) => {
      await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
      await linkWallet(page)
      await page.getByRole('textbox', { name: 'Coupon' }).fill('WALLET10')
      await press(page, 'Apply')
      await page.getByText('The coupon WALLET10 is applied.').waitFor()
    },
    'while it asks what became of a payment': async (page) => {
      await page.route('**/v1/advanced_payments', (route) => route.abort())
      await payButton(page).click()
      await comesTo(page, 'This takes longer than usual.')
    },
    'when it is paid': async (page) => {
      await page.unroute('**/v1/advanced_payments')
      // Meanwhile the pauses between its tries have grown.
      await receipt(page).getByText('Paid. Thank you!').waitFor({ timeout: 60_000 })
    },
    'when it is rejected': async (page) => {
      await press(page, 'Buy something else')
      await page.getByLabel('The next payment is').selectOption('rejected cc_rejected_high_risk')
      await press(page, 'Decide')
      await page.getByText('The next payment will be rejected').waitFor()
      await payButton(page).click()
      await comesTo(page, 'Not paid')
    },
  }
  let page: Page
  beforeAll(async () => {
    page = (await enter(stage)).page
  })

  it.each(Object.entries(states))('%s can be used by everybody, light and dark, on a telephone and a desk', async (_, come) => {
    await come(page)
    // Of calls, some are enough.
    await page.evaluate(`for (const button of document.querySelectorAll('#timeline + button:enabled')) button.click()`)
    const found: string[] = []
    for (const { colorScheme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 900 })
      const { violations } = await axeOf(page, colorScheme === 'light' && width === 1440).analyze()
      found.push(
        ...violations.map(({ impact, id, nodes }) => `${colorScheme} ${width}: ${impact} ${id} ${nodes.map(({ html }) => html)}`),
      )
      if (width === 360) {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
      }
    }
    expect(found).toEqual([])
  })

  it('shows where the focus is, wherever it goes', async () => {
    const stops: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.reload()
      await payButton(page).or(receipt(page)).first().waitFor()
      for (let count = 0; count < 60; count += 1) {
        await page.keyboard.press('Tab')
        const stop = (await page.evaluate(FOCUS)) as string
        if (stop === 'BODY') break
        stops.push(stop)
      }
    }
    expect(stops.length).toBeGreaterThan(40)
    expect(stops.filter((stop) => !stop.endsWith('3px solid'))).toEqual([])
  })
})

/** All rules take their time, and most of them have nothing to do with looks. */
const axeOf = (page: Page, isComplete: boolean): AxeBuilder => {
  const axe = new AxeBuilder({ page })
  return isComplete ? axe : axe.withRules(['color-contrast', 'scrollable-region-focusable', 'target-size'])
}

const FOCUS = `(() => {
  const { activeElement: at } = document
  const { outlineWidth, outlineStyle } = getComputedStyle(at)
  return at === document.body ? 'BODY' : at.outerHTML.slice(0, 80) + ' ' + outlineWidth + ' ' + outlineStyle
})()`

describe('a page of another origin', { timeout: 60_000 }, () => {
  let site: Site
  let buyer: Buyer
  let targets: Target[]
  let order: Order

  /** All that could have changed. */
  async function world() {
    const { effects, armed, clock } = (await (await fetch(`${stage.origin}/inspector?since=0`)).json()) as Inspection
    const cookies = await buyer.context.cookies(stage.origin)
    const shop = await (await buyer.context.request.get(`${stage.origin}/shop/me`)).json()
    return { effects, armed, isOnTime: Math.abs(clock - Date.now()) < 60_000, cookies, shop }
  }

  beforeAll(async () => {
    site = await openSite()
    buyer = await enter(stage)
    const { page } = buyer
    await linkWallet(page)
    await page.getByRole('checkbox').check()
    await payButton(page).click()
    await comesTo(page, 'Reserved.')
    const kept = await page.evaluate('({ ...localStorage })')
    const read = (name: string) => JSON.parse((kept as Record<string, string>)[`wallet-connect-demo:${name}`] ?? '')
    const { agreement_id, payer_token } = read('wallet')
    const { request, payment, ...rest } = read('purchase')
    order = rest.order

    // Somebody who is about to decide.
    const other = await enter(stage)
    await press(other.page, 'Pay with Mercado Pago')
    await other.page.getByRole('button', { name: 'Approve' }).waitFor()
    const json = (path: string, body: object): Target => ({ path, body: JSON.stringify(body) })
    targets = [
      json('/shop/wallet-ticket', {}),
      json('/shop/orders', { items: [{ id: 'mate', quantity: 1 }], reserve: false }),
      json('/shop/me', {}),
      json(`/shop/orders/${order.id}/ticket`, { request }),
      json(`/shop/orders/${order.id}/retry`, { after: 1 }),
      json(`/shop/orders/${order.id}/close`, {}),
      json('/inspector/seller', { do: 'cancel', advanced_payment_id: payment.id }),
      json('/shop/events', { type: 'payment.updated' }),
      json('/inspector', {}),
      json('/inspector/control', { do: 'cancelAgreement', agreement_id }),
      { path: '/v1/advanced_payments', body: request.body },
      json(`/v1/advanced_payments/${payment.id}`, { status: 'cancelled' }),
      json('/v2/wallet_connect/agreements', {
        return_uri: `${stage.origin}/`,
        external_flow_id: 'f',
        external_user: { id: order.buyer },
      }),
      json(`/v2/wallet_connect/agreements/${agreement_id}`, { payer_token }),
      json('/sessions', { external_user: { id: order.buyer }, origin: stage.origin, operations: ['agreements.cancel'] }),
      json('/notifications', { type: 'payment', action: 'payment.updated', data: { id: String(payment.id) } }),
      { path: new URL(other.page.url()).pathname, body: 'decision=approve' },
      json('/cdn-cgi/explorer/api/workers/durable_objects/namespaces', {}),
    ]
  }, 60_000)
  afterAll(() => site?.close())

  /** Every write was refused, in words of the demo and not of the browser. */
  function expectRefused({ answers }: Stranger): void {
    // A hint is taken from anybody: it says nothing but "look again".
    const writes = answers.filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && path !== '/notifications')
    expect(writes.length).toBeGreaterThan(targets.length)
    const ofOurs = /^\/(shop|inspector|v1\/wallet_agreement)\b(?!\/events)/
    // The proxy asks for a credential, and not for ever.
    const wrong = writes.filter(({ path, status }) => !(ofOurs.test(path) ? [403] : [401, 429]).includes(status))
    expect(wrong).toEqual([])
  }

  const sites = [
    ['on another port, which gets the cookie along', 'sameSite'],
    ['on another site', 'crossSite'],
  ] as const

  it.each(sites)('%s reads nothing and changes nothing with scripts', async (_, which) => {
    const before = await world()
    const stranger = await visit(buyer.context, site[which], stage.origin)
    const { readable, sent } = await stranger.script(stage.origin, targets)
    expect(sent).toBeGreaterThan(250)
    expect(readable).toEqual([])
    await expect.poll(() => stranger.answers.filter(({ method }) => method === 'POST').length).toBeGreaterThan(60)
    expectRefused(stranger)
    expect(await world()).toEqual(before)
    await stranger.page.close()
  })

  it.each(sites)('%s changes nothing with forms, in frames or on top', async (_, which) => {
    const before = await world()
    const stranger = await visit(buyer.context, site[which], stage.origin)
    const count = await stranger.formsInFrames(stage.origin, targets)
    await expect.poll(() => stranger.answers.length, { timeout: 15_000 }).toBe(count)
    for (const target of targets) await stranger.formOnTop(stage.origin, target)
    expect(stranger.answers).toHaveLength(count + targets.length)
    expectRefused(stranger)
    expect(await world()).toEqual(before)
    await stranger.page.close()
  })

  it.each(sites)('%s changes nothing with pictures, scripts, frames and links', async (_, which) => {
    const before = await world()
    const stranger = await visit(buyer.context, site[which], stage.origin)
    const tags = targets.flatMap(({ path }) =>
      ['img', 'script', 'iframe'].map((tag) => `<${tag} src="${stage.origin}${path}"></${tag}>`),
    )
    await stranger.page.setContent(tags.join(''), { waitUntil: 'load' })
    for (const { path } of targets) await stranger.page.goto(`${stage.origin}${path}`)
    expect(stranger.answers.length).toBeGreaterThan(targets.length)
    expect(await world()).toEqual(before)
    await stranger.page.close()
  })

  it.each(sites)('%s cannot put the shop or the approval into a frame', async (_, which) => {
    const approval = targets.find(({ path }) => path.startsWith('/v1/wallet_agreement'))?.path
    const stranger = await visit(buyer.context, site[which], stage.origin)
    const addresses = [`${stage.origin}/`, `${stage.origin}${approval}`, site[which]]
    await stranger.page.setContent(addresses.map((url) => `<iframe src="${url}"></iframe>`).join(''), { waitUntil: 'load' })
    const [, shop, mercadoPago, own] = stranger.page.frames().map((frame) => frame.url())
    expect({ shop, mercadoPago }).toEqual({ shop: 'chrome-error://chromewebdata/', mercadoPago: 'chrome-error://chromewebdata/' })
    expect(own).toContain(site[which])
    await stranger.page.close()
  })

  it('under a name that leads to this machine gets 403 for reads and writes', async () => {
    const { host, port } = new URL(stage.origin)
    const cookie = (await buyer.context.cookies(stage.origin)).map(({ name, value }) => `${name}=${value}`).join()
    const ask = (name: string, method: string, { path, body }: Target) =>
      new Promise<number | undefined>((resolve, reject) => {
        const type = body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded'
        const headers = { host: name, origin: `http://${name}`, cookie, 'content-type': type }
        const asked = request(`${stage.origin}${path}`, { method, headers }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
        asked.on('error', reject).end(method === 'POST' ? body : undefined)
      })
    const before = await world()
    const ours = targets.filter(({ path }) => /^\/(shop|inspector|v1\/wallet_agreement)\b(?!\/events)/.test(path))
    for (const name of [`rebound.test:${port}`, `localhost:${port}`, 'rebound.test', `127.0.0.1.rebound.test:${port}`]) {
      for (const target of ours) {
        expect([name, target.path, await ask(name, 'GET', target), await ask(name, 'POST', target)]).toEqual([
          name,
          target.path,
          403,
          403,
        ])
      }
    }
    expect(await ask(host, 'GET', { path: '/inspector', body: '' })).toBe(200)
    expect(await world()).toEqual(before)
  })

  it('is refused what the page itself may do', async () => {
    const { page } = buyer
    const statuses = await page.evaluate(
      async (paths) =>
        Promise.all(
          paths.map(async ({ path, body }) => {
            const headers = { 'content-type': 'application/json' }
            return [path, (await fetch(path, { method: 'POST', headers, body })).status]
          }),
        ),
      targets.filter(({ path }) => /^\/shop\/(orders|wallet-ticket)$|\/seller$/.test(path)),
    )
    expect(statuses.map(([, status]) => status)).toEqual([201, 201, 200])
    expect(await buyer.money()).toEqual(['payment_reserved', 'payment_cancelled'])
  })
})

describe('the files of the page', { timeout: 30_000 }, () => {
  const read = async (path: string): Promise<string> => (await fetch(stage.origin + path)).text()

  it('are one script of at most 60 kB, compressed, and one style sheet, both named in the document', async () => {
    const html = await read('/')
    const [script = '', style = '', ...more] = [...html.matchAll(/<(?:script|link rel="stylesheet")[^>]+(?:src|href)="([^"]+)"/g)]
      .map(([, path = '']) => path)
      .sort((a, b) => Number(b.endsWith('.js')) - Number(a.endsWith('.js')))
    expect(more).toEqual([])
    expect([script, style]).toEqual([expect.stringMatching(/^\/assets\/.*\.js$/), expect.stringMatching(/^\/assets\/.*\.css$/)])
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\/|modulepreload/)
    const code = await read(script)
    expect(gzipSync(code).length).toBeLessThanOrEqual(60_000)
    // None that the browser would find out about late. Those in the snippets are text, with line ends.
    expect(code).not.toMatch(/\bimport\(|(^|;)import[\s{"'*]/)
    expect(await read(style)).not.toMatch(/@import|url\(/)
  })

  it('are enough to begin with: the shop can be used before any answer of its backend', async () => {
    const context = await stage.browser.newContext({ locale: 'en-US' })
    const page = await context.newPage()
    const loaded: string[] = []
    let held = 0
    await page.route(/\/(shop|inspector)\b/, () => {
      held += 1
    })
    page.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (!/^\/(shop|inspector)\b/.test(pathname)) loaded.push(pathname.replace(/-[\w-]{8}\./, '.'))
    })
    await page.goto(stage.origin)
    const pay = page.getByRole('button', { name: 'Pay with Mercado Pago' })
    expect(await pay.isEnabled()).toBe(true)
    await press(page, 'One more: Mate gourd')
    expect(await page.locator('.total strong').textContent()).toContain('3,700.00')
    expect(loaded.filter((path) => path !== '/assets/icon.svg').sort()).toEqual(['/', '/assets/index.css', '/assets/index.js'])
    expect(held).toBeGreaterThan(0)
    await context.close()
  })
})
