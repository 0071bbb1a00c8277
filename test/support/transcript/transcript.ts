import { createEmulator, type Emulator, FAULTS, type FaultName, type OperationName } from '../../../src/emulator/index.ts'

const agreements = '/v2/wallet_connect/agreements'
const payments = '/v1/advanced_payments'
const secret = 'a secret that signs'
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** End only when somebody else ends them: the sender, or the clock. */
const ENDLESS: readonly string[] = ['hang', 'stalled_body']
const TIMED: readonly string[] = ['slow_headers', 'slow_body']

type Headers = Record<string, string>
type Call = (method: string, path: string, body?: unknown, headers?: Headers, init?: RequestInit) => Promise<unknown>

/** A seller, and the text of all that it was answered. */
interface Story {
  emulator: Emulator
  lines: string[]
  call: Call
  /** An agreement that waits for its buyer. */
  propose(user: string): Promise<string>
  /** A payer token. */
  link(user: string): Promise<string>
  pay(token: string, amount: number, more?: object, headers?: Headers, init?: RequestInit): Promise<number>
  /** What the seller was told since the last time. */
  hear(): Promise<void>
}

/**
 * A long fixed story, told to an emulator of seed 7, with every answer to the last byte. The same text in every runtime:
 * it uses nothing but the emulator and what all runtimes have.
 */
export async function transcript(): Promise<string> {
  const emulator = createEmulator({ seed: 7 })
  emulator.notifications.configure({ url: 'https://shop.test/notifications?tenant=1', secret })
  const story = tell(emulator)
  await playAgreements(story)
  await playDiscounts(story)
  await playPayments(story)
  await playTime(story)
  await playRepeats(story)
  story.lines.push('# effects', ...emulator.effects.map((effect) => JSON.stringify(effect)))
  const faulty = await playFaults()
  const random = await playRandomFaults()
  const restored = await playSnapshot(story)
  return [...story.lines, ...faulty, ...random, ...restored, ''].join('\n')
}

function tell(emulator: Emulator): Story {
  const lines: string[] = []
  const counter = { key: 0 }

  const call: Call = async (method, path, body, headers = {}, init = {}) => {
    lines.push(`> ${method} ${path}`)
    const request = emulator.fetch(path.startsWith('https:') ? path : `https://api.mercadopago.com${path}`, {
      method,
      headers: { authorization: 'Bearer TEST-1', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...init,
    })
    try {
      const response = await request
      lines.push(`< ${response.status}`)
      for (const [name, value] of [...response.headers].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push(`< ${name}: ${value}`)
      const { text, end } = await readBody(response)
      lines.push(`< ${shorten(text)}${end}`)
      return parse(text)
    } catch (error) {
      lines.push(`! ${describe(error)}`)
      return undefined
    }
  }

  const propose = async (user: string): Promise<string> => {
    const body = {
      return_uri: 'https://shop.test/linked?lang=es',
      external_flow_id: `flow of ${user}`,
      external_user: { id: user, description: `<b>${user}</b> & Söhne` },
      agreement_data: { description: 'Two chairs – «sillas» 🪑', validation_amount: 3.14 },
    }
    const answer = await call('POST', agreements, body)
    return String(field(answer, 'agreement_id'))
  }

  return {
    emulator,
    lines,
    call,
    propose,
    async link(user) {
      const id = await propose(user)
      const { code } = emulator.buyer.approve(id)
      await settle(emulator)
      return String(field(await call('POST', `${agreements}/${id}/payer_token`, { code }), 'payer_token'))
    },
    async pay(token, amount, more = {}, headers = {}, init = {}) {
      const { wallet_payment = {}, ...rest } = more as { wallet_payment?: object }
      const order = ++counter.key
      const body = {
        wallet_payment: {
          transaction_amount: amount,
          description: 'Chairs',
          external_reference: `order-${order}`,
          ...wallet_payment,
        },
        payer: { token, type_token: 'wallet-token' },
        ...rest,
      }
      const answer = await call('POST', payments, body, { 'x-idempotency-key': `key-${order}`, ...headers }, init)
      return Number(field(answer, 'id') ?? 0)
    },
    async hear() {
      for (const delivery of await emulator.notifications.drain()) lines.push(`* ${JSON.stringify(delivery)}`)
    },
  }
}

/** What a person does is told in the background: it shall be told before the next request comes. */
const settle = (emulator: Emulator): Promise<void> => emulator.clock.advance(0)

async function playAgreements({ emulator, lines, call, propose, link, hear }: Story): Promise<void> {
  lines.push('# agreements')
  const pending = await propose('ana')
  await call('GET', `${agreements}/${pending}`)
  await call('GET', `${emulator.origin}/v1/wallet_agreement/${pending}`)
  const refused = await propose('bea')
  lines.push(`= ${JSON.stringify(emulator.buyer.refuse(refused))}`)
  const approved = await propose('carla')
  const form = { body: 'decision=approve', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  await call('POST', `${emulator.origin}/v1/wallet_agreement/${approved}`, form.body, form.headers, { redirect: 'manual' })
  await hear()
  const confirmed = await call('GET', `${agreements}/${approved}`)
  const code = field(confirmed, 'validation_code')
  await call('POST', `${agreements}/${approved}/payer_token`, { code: 'not this one' })
  await call('POST', `${agreements}/${approved}/payer_token`, { code })
  await call('POST', `${agreements}/${approved}/payer_token`, { code })
  emulator.buyer.changePaymentMethod(approved, { payment_type_id: 'credit_card', payment_method_id: 'visa', limit: 50 })
  await hear()
  const late = await propose('dora')
  const { code: lateCode } = emulator.buyer.approve(late)
  await emulator.clock.advance(11 * MINUTE_MS)
  await call('POST', `${agreements}/${late}/payer_token`, { code: lateCode })
  await call('DELETE', `${agreements}/${late}`)
  await call('DELETE', `${agreements}/${late}`)
  await call('GET', `${agreements}/${late}`)
  await hear()
  await link('elsa')
  const unlinked = await propose('ilse')
  emulator.buyer.approve(unlinked)
  emulator.buyer.cancel(unlinked)
  await hear()
  await call('GET', `${agreements}/${unlinked}`)
  const wrongs = [{}, { return_uri: 'seller' }, { return_uri: `https://shop.test/${'x'.repeat(2048)}` }]
  for (const wrong of wrongs) await call('POST', agreements, wrong)
  await call('POST', agreements, '{ this is no JSON')
  await call('GET', `${agreements}/unknown`)
  await call('GET', `${agreements}/${'x'.repeat(33)}`)
  await call('GET', `${agreements}/a%20b`)
  await call('GET', `${agreements}/${approved}`, undefined, { authorization: '' })
  await call('GET', `${payments}/1`, undefined, { authorization: '' })
  await call('PATCH', payments)
  await call('GET', '/v1/elsewhere')
  await hear()
}

async function playDiscounts({ emulator, lines, call, link, pay, hear }: Story): Promise<void> {
  lines.push('# discounts')
  emulator.coupons.add({ code: 'TEN', type: 'percent', value: 10, cap: 60.5, uses: 2 })
  emulator.coupons.add({ code: 'OLD', type: 'fixed', value: 5, status: 'invalid' })
  emulator.coupons.add({ type: 'percent', value: 33.3, min_payment_amount: 10, max_payment_amount: 400 })
  const token = await link('flora')
  const payer = { 'x-payer-token': token }
  for (const id of ['TEN', 'OLD', 'NONE', '']) await call('POST', '/v2/wallet_connect/coupons', { id }, payer)
  await call('POST', '/v2/wallet_connect/coupons', { id: 'TEN' }, { 'x-payer-token': 'nobody' })
  const ask = (amount: unknown, coupon?: string, path = 'discounts') =>
    call('POST', `/v2/wallet_connect/${path}`, { amount, ...(coupon && { coupon }) }, payer)
  const promise = await ask(333.33, 'TEN')
  const { amount, detail } = field(promise, 'discount') as { amount: number; detail: object }
  const discount = { amount, detail, code: 'TEN', description: 'Ten less' }
  await pay(token, 333.33, { wallet_payment: { discount: { ...discount, amount: amount + 1 } } })
  const discounted = await pay(token, 333.33, { wallet_payment: { discount } })
  await call('POST', `${payments}/${discounted}/refunds`, { amount: 0.01 })
  await ask(99.99)
  await emulator.clock.advance(200)
  await ask(99.99, undefined, 'payment/discounts')
  await ask(99.99, 'NONE', 'payment/discounts')
  await ask(1_000, 'TEN')
  await ask(1_000.005)
  await ask(null)
  await ask(0)
  await emulator.clock.advance(11_000)
  await ask(1_000, 'TEN')
  emulator.coupons.remove('TEN')
  await ask(1_000, 'TEN')
  await hear()
}

async function playPayments({ emulator, lines, call, link, pay, hear }: Story): Promise<void> {
  lines.push('# payments')
  const { processor, buyer } = emulator
  const token = await link('gina')
  const paid = await pay(token, 700.5)
  await call('GET', `${payments}/${paid}`)
  await hear()
  await pay(token, 0.1 + 0.7)
  const reserved = await pay(token, 0.8, { capture: false })
  await call('PUT', `${payments}/${reserved}`, { capture: true }, { 'x-idempotency-key': 'capture-1' })
  await call('PUT', `${payments}/${reserved}`, { capture: true }, { 'x-idempotency-key': 'capture-1' })
  await call('PUT', `${payments}/${reserved}`, { capture: true })
  await hear()
  const dropped = await pay(token, 10, { capture: false })
  await call('PUT', `${payments}/${dropped}`, { status: 'canceled' })
  await hear()
  await call('POST', `${payments}/${paid}/refunds`, { amount: 0.29 }, { 'x-idempotency-key': 'refund-1' })
  await call('POST', `${payments}/${paid}/refunds`, { amount: 0.29 }, { 'x-idempotency-key': 'refund-1' })
  await call('POST', `${payments}/${paid}/refunds`, { amount: 7_000 })
  await emulator.clock.advance(1_001)
  await call('POST', `${payments}/${paid}/refunds`)
  await call('GET', `${payments}/${paid}/refunds`)
  await call('POST', `${payments}/${paid}/refunds`)
  await hear()
  buyer.setBalance(5, 'gina')
  await pay(token, 5.01)
  buyer.setBalance(100)
  const undecided = { binary_mode: false }
  processor.decideNext({ status: 'in_process', status_detail: 'pending_contingency' })
  const open = await pay(token, 1, undecided)
  processor.settle(open, { status: 'approved', status_detail: 'accredited' })
  await settle(emulator)
  processor.decideNext({ status: 'pending', status_detail: 'pending_waiting_payment' }, { user: 'gina', times: 2 })
  await pay(token, 1.5)
  await pay(token, 1.5, undecided)
  processor.settle(open, { status: 'charged_back', status_detail: 'settled' })
  await hear()
  await pay(token, 2, {}, { 'x-idempotency-key': 'once' })
  await pay(token, 2, {}, { 'x-idempotency-key': 'once' })
  const twice = { wallet_payment: { external_reference: 'order-x' } }
  const replayed = await pay(token, 2, twice, { 'x-idempotency-key': 'twice' })
  await pay(token, 2, twice, { 'x-idempotency-key': 'twice' })
  for (const amount of [0, -1, 0.001, 1e21, Number.MAX_SAFE_INTEGER]) await pay(token, amount)
  await pay('nobody', 1)
  await call('POST', payments, { wallet_payment: { transaction_amount: 1 } }, { 'x-idempotency-key': 'k' })
  await call('POST', payments, {})
  await call('GET', `${payments}/${replayed + 1_000}`)
  await call('GET', `${payments}/x/refunds`)
  await hear()
  const searches = [
    '',
    '?limit=2&offset=1',
    '?status=cancelled&attributes=status,wallet_payment',
    '?payment.transaction_amount=700.5',
    '?external_reference=order-x&sort=date_created&criteria=asc',
    '?begin_date=2026-01-01T00:11:11.000Z&end_date=2026-01-01T00:12:00-00:00',
    '?date_created=2025-12-31T20:11',
    '?begin_date=2026-01-01T00:11:11&range=date_last_updated&attributes=status',
    '?end_date=2026-01-01%20at%20noon',
    '?begin_date=yesterday',
    '?limit=-1',
    '?payer.email=test_user_786551%40testuser.com&status=refunded',
  ]
  for (const query of searches) await call('GET', `${payments}/search${query}`)
}

/** What happens by itself when time passes. */
async function playTime({ emulator, lines, call, propose, link, pay, hear }: Story): Promise<void> {
  lines.push('# time')
  const token = await link('helga')
  const open = await propose('ida')
  emulator.processor.decideNext({ status: 'in_process', status_detail: 'offline_process' })
  const undecided = await pay(token, 20, { binary_mode: false })
  await emulator.clock.advance(31 * DAY_MS)
  await call('GET', `${payments}/${undecided}`)
  await hear()
  await emulator.clock.advance(365 * DAY_MS)
  await call('GET', `${agreements}/${open}`)
  await pay(token, 20)
  await hear()
  lines.push(`= ${new Date(emulator.clock.now()).toISOString()}`)
}

/** Notifications that are not accepted come again. */
async function playRepeats({ emulator, lines, link, pay, hear }: Story): Promise<void> {
  lines.push('# repeats')
  // Written down apart: when they come, between two lines of an answer, is up to the runtime.
  const posts: string[] = []
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const count = posts.push(`@ ${String(input)} ${JSON.stringify(init?.headers)} ${String(init?.body)}`)
    if (count === 2) throw new TypeError('nobody listens')
    return new Response(null, { status: count === 3 ? 503 : count > 4 ? 200 : 404 })
  }
  const url = 'https://shop.test/hooks'
  emulator.notifications.configure({ url, secret, fetch: fetch as typeof globalThis.fetch, timeoutMs: 60_000 })
  const token = await link('jana')
  await hear()
  for (let hour = 0; hour < 4; hour++) await emulator.clock.advance(60 * MINUTE_MS)
  await pay(token, 1)
  await hear()
  lines.push(...posts)
  emulator.notifications.configure({ url: 'https://shop.test/notifications', secret })
}

/** Each fault in each of its phases, on an emulator of its own. */
async function playFaults(): Promise<string[]> {
  const lines: string[] = []
  for (const { name, phases, operations } of FAULTS) {
    const [operation = 'payments.create'] = operations ?? []
    for (const phase of phases.length > 0 ? phases : [undefined]) {
      const story = tell(createEmulator({ seed: 7 }))
      const { emulator } = story
      emulator.notifications.configure({ url: 'https://shop.test/notifications', secret })
      const subject = await prepare(story)
      story.lines.length = 0
      story.lines.push(`# ${name}${phase ? ` ${phase}` : ''}`)
      emulator.faults.inject({ fault: name, ...(phase && { phase }), times: 1 })
      await ask(story, name, operation, subject)
      await story.hear()
      await ask(story, name, operation, subject)
      await emulator.clock.advance(DAY_MS)
      await story.hear()
      story.lines.push(JSON.stringify(emulator.faults.injected), JSON.stringify(emulator.effects))
      lines.push(...story.lines)
    }
  }
  return lines
}

interface Subject {
  token: string
  paid: number
}

async function prepare({ emulator, link, pay, hear }: Story): Promise<Subject> {
  emulator.coupons.add({ code: 'TEN', type: 'percent', value: 10 })
  const token = await link('kim')
  const paid = await pay(token, 12.34)
  await hear()
  return { token, paid }
}

async function ask(story: Story, fault: FaultName, operation: OperationName, { token, paid }: Subject): Promise<void> {
  const { emulator, call, pay } = story
  const controller = new AbortController()
  const isHeld = emulator.faults.injected.length === 0
  const init: RequestInit = ENDLESS.includes(fault) ? { signal: controller.signal } : {}
  const requests: Partial<Record<OperationName, () => Promise<unknown>>> = {
    'payments.refund': () => call('POST', `${payments}/${paid}/refunds`, { amount: 1 }, { 'x-idempotency-key': 'r' }),
    'payments.search': () => call('GET', `${payments}/search`),
    'discounts.create': () => call('POST', '/v2/wallet_connect/discounts', { amount: 5 }, { 'x-payer-token': token }),
  }
  const body = { wallet_payment: { external_reference: 'the same' } }
  const asked = (requests[operation] ?? (() => pay(token, 43.21, body, { 'x-idempotency-key': 'same' }, init)))()
  if (isHeld && ENDLESS.includes(fault)) {
    await aWhile()
    controller.abort(new Error('enough'))
  }
  if (isHeld && TIMED.includes(fault)) {
    await aWhile()
    await emulator.clock.advance(MINUTE_MS)
  }
  await asked
}

/** Real time, until a request can only wait. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

/** A hundred payments, each third struck by something. */
async function playRandomFaults(): Promise<string[]> {
  const story = tell(createEmulator({ seed: 7, balance: 1_000 }))
  const { emulator, lines } = story
  emulator.notifications.configure({ url: 'https://shop.test/notifications', secret })
  const token = await story.link('lara')
  const faults = FAULTS.map(({ name }) => name).filter(
    (name) => !name.startsWith('notification_') && ![...ENDLESS, ...TIMED, 'huge_body', 'deep_nesting'].includes(name),
  )
  lines.push('# random faults')
  emulator.faults.injectRandomly({ rate: 0.33, seed: 7, faults })
  for (let order = 1; order <= 100; order++) {
    await story.pay(token, order / 4)
    await story.hear()
    if (order % 10 === 0) await emulator.clock.advance(2 * MINUTE_MS)
    await story.hear()
  }
  emulator.faults.injectRandomly({ rate: 0 })
  await story.call('GET', `${payments}/search?limit=3`)
  lines.push(JSON.stringify(emulator.faults.injected), JSON.stringify(emulator.effects))
  return lines
}

/** The emulator as text, and another one that goes on from it. */
async function playSnapshot({ emulator }: Story): Promise<string[]> {
  const text = JSON.stringify(emulator.snapshot())
  const restored = createEmulator({ seed: 99 })
  restored.restore(JSON.parse(text))
  const endings: string[][] = []
  for (const each of [emulator, restored]) {
    each.notifications.configure({ url: 'https://shop.test/notifications', secret })
    const story = tell(each)
    const token = await story.link('mona')
    await story.pay(token, 1.23, {}, { 'x-idempotency-key': 'after the snapshot' })
    await story.call('GET', `${payments}/search?limit=1`)
    await story.hear()
    endings.push([...story.lines, JSON.stringify(each.snapshot())])
  }
  const [first = [], second = []] = endings
  const isSame = first.join('\n') === second.join('\n')
  return [
    '# snapshot',
    text,
    '# continued',
    ...first,
    `# restored: ${isSame ? 'the same' : 'another'} end`,
    ...(isSame ? [] : second),
  ]
}

/** All that comes, and how it ends if it does not end well. */
async function readBody(response: Response): Promise<{ text: string; end: string }> {
  if (response.body === null) return { text: '', end: '(no body)' }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  // Bytes that mean nothing show as U+FFFD; a byte order mark is kept.
  const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
  let text = ''
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true })
    }
    return { text: text + decoder.decode(), end: '' }
  } catch (error) {
    return { text, end: ` ! ${describe(error)}` }
  }
}

const describe = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

/** One line; the end of a long one is only counted. */
function shorten(text: string): string {
  const line = JSON.stringify(text)
  return line.length <= 6_000 ? line : `${line.slice(0, 6_000)}... ${line.length} characters`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
