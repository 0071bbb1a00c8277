import { type Context, Hono } from 'hono'
import { DECISIONS, FAULTS } from 'mercadopago-wallet-connect/emulator'
import * as v from 'valibot'
import { readShards } from '../configuration/configuration.ts'
import { type LedgerState, OPEN_STATES } from '../ledger/ledger.ts'
import { createLedgers } from '../ledger/ledgers.ts'
import { ControlSchema } from './controls.ts'
import { type DemoScope, emulatorOf } from './env.ts'
import { SellerSchema, sell } from './seller.ts'
import type { Choices, Inspection } from './wire.ts'

const ALL_STATES: readonly LedgerState[] = [...OPEN_STATES, 'NEEDS_REVIEW', 'DONE', 'REFUSED']
const MAX_ROWS = 10_000
const SHOWN_ROWS = 100
/** The statuses of a new payment: in binary mode, the only one that tickets allow, none is pending. */
const AT_CREATION = ['approved', 'rejected']

/** The developer's side of the demo: what goes over the wire, and the controls of the emulator. */
export function createInspector(callProxy: (request: Request, c: Context<DemoScope>) => Promise<Response>): Hono<DemoScope> {
  const app = new Hono<DemoScope>()

  app.get('/', async (c) => {
    const since = Number(c.req.query('since') ?? 0)
    const [inspection, rows] = await Promise.all([
      emulatorOf(c.env).inspect(since),
      createLedgers(c.env.LEDGER, readShards(c.env.LEDGER_SHARDS)).list(ALL_STATES, MAX_ROWS),
    ])
    return c.json({ ...inspection, rows: rows.slice(-SHOWN_ROWS) } satisfies Inspection)
  })

  app.get('/choices', (c) =>
    c.json({
      faults: FAULTS.map(({ name, description, phases, operations = null }) => ({ name, description, phases, operations })),
      decisions: DECISIONS.filter(
        ({ status, status_detail }) => AT_CREATION.includes(status) && status_detail !== 'partially_refunded',
      ),
    } satisfies Choices),
  )

  app.post('/control', async (c) => {
    const result = v.safeParse(ControlSchema, await c.req.json().catch(() => undefined))
    if (!result.success) {
      const message = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`).join('; ')
      return c.json({ message }, 400)
    }
    const message = await emulatorOf(c.env).control(result.output, c.var.buyer)
    return message === undefined ? c.json({}) : c.json({ message }, 400)
  })

  app.post('/seller', async (c) => {
    const { success, output } = v.safeParse(SellerSchema, await c.req.json().catch(() => undefined))
    if (!success) return c.json({ message: 'do must be capture, cancel or refund, advanced_payment_id a number' }, 400)
    try {
      await sell(output, c.env, (input, init) => callProxy(new Request(input, init), c))
      return c.json({})
    } catch (error) {
      return c.json({ message: error instanceof Error ? error.message : 'unknown' }, 502)
    }
  })

  return app
}
