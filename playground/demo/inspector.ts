import { Hono } from 'hono'
import { DECISIONS, FAULTS } from 'mercadopago-wallet-connect/emulator'
import * as v from 'valibot'
import { readShards } from '../configuration.ts'
import { type LedgerState, OPEN_STATES } from '../ledger.ts'
import { createLedgers } from '../ledgers.ts'
import { ControlSchema } from './controls.ts'
import { type DemoEnv, emulatorOf } from './env.ts'
import type { Choices, Inspection } from './wire.ts'

const ALL_STATES: readonly LedgerState[] = [...OPEN_STATES, 'NEEDS_REVIEW', 'DONE', 'REFUSED']
const MOST_ROWS = 10_000
const SHOWN_ROWS = 100
const AT_CREATION = ['approved', 'in_process', 'pending', 'rejected']

/** The developer's side of the demo: what goes over the wire, and Mercado Pago in one's own hand. */
export function createInspector(): Hono<{ Bindings: DemoEnv; Variables: { buyer: string } }> {
  const app = new Hono<{ Bindings: DemoEnv; Variables: { buyer: string } }>()

  app.get('/', async (c) => {
    const since = Number(c.req.query('since') ?? 0)
    const [seen, rows] = await Promise.all([
      emulatorOf(c.env).seen(since),
      createLedgers(c.env.LEDGER, readShards(c.env.LEDGER_SHARDS)).list(ALL_STATES, MOST_ROWS),
    ])
    return c.json({ ...seen, rows: rows.slice(-SHOWN_ROWS) } satisfies Inspection)
  })

  app.get('/choices', (c) =>
    c.json({
      faults: FAULTS.map(({ name, says, phases, operations = null }) => ({ name, says, phases, operations })),
      decisions: DECISIONS.filter(({ status }) => AT_CREATION.includes(status)),
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

  return app
}
