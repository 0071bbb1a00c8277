import { DatabaseSync } from 'node:sqlite'
import { type LedgerStore, sqliteStore } from 'mercadopago-wallet-connect/ledger'
import { expect, it } from 'vitest'

/** A call of each method of the store that reads or changes rows. */
const CALLS: Record<Exclude<keyof LedgerStore, 'migrate' | 'insert'>, (store: LedgerStore) => Promise<unknown>> = {
  find: (store) => store.find('k'),
  replace: (store) => store.replace({ key: 'k', entry: {}, version: 2 } as never).catch(() => undefined),
  remove: (store) => store.remove({ key: 'k', version: 1 } as never),
  due: (store) => store.due(1, 10),
  untold: (store) => store.untold(1, 10),
  nextDue: (store) => store.nextDue(),
  list: (store) => store.list({ states: ['UNKNOWN', 'NEEDS_REVIEW'], after: { claimedAt: 1, key: 'k' }, limit: 10 }),
  withResource: (store) => store.withResource('payments.create', '1'),
  newestPayment: (store) => store.newestPayment(),
  old: (store) => store.old(1, 10),
  findLink: (store) => store.findLink('ana'),
  findLinkOf: (store) => store.findLinkOf('a'),
  putLink: (store) => store.putLink({ buyer: 'ana', state: 'linked', agreementId: 'a', token: null, changedAt: 1, version: 2 }),
}

it.each(Object.entries(CALLS))('%s of the ledger finds its rows by an index, however many there are', async (_, call) => {
  const database = new DatabaseSync(':memory:')
  const prepared: string[] = []
  const store = sqliteStore({
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      prepared.push(sql)
      return database.prepare(sql)
    },
  })
  await store.migrate()
  prepared.length = 0
  await call(store)
  expect(prepared.length).toBeGreaterThan(0)
  for (const sql of prepared) {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array(sql.split('?').length - 1).fill(1))
      .map(({ detail }) => String(detail))
    expect(plan.join('\n')).toMatch(/USING (?:COVERING )?INDEX/)
    expect(plan.filter((step) => step.startsWith('SCAN wallet') && !step.includes('INDEX'))).toEqual([])
  }
})
