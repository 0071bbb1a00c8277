/** `npm run example -- orders:bun [orders.csv]`: charges a file of orders. Stop it with Ctrl+C, run it again. */
import { appendFile } from 'node:fs/promises'
import { sellerOf } from './batch-seller.ts'
import { chargeOrders, type Result } from './charge-orders.ts'
import { OrdersError, readOrders } from './orders.ts'
import { progressBar, summary } from './report.ts'

const [path = `${import.meta.dirname}/orders.csv`] = Bun.argv.slice(2)
const stopping = new AbortController()
// The first Ctrl+C waits for what is in flight, the second stops at once. Both are safe.
process.on('SIGINT', () => (stopping.signal.aborted ? process.exit(130) : stopping.abort()))

try {
  process.exitCode = await run()
} catch (error) {
  console.error(error instanceof OrdersError ? `Nothing was charged by this run.\n${error.message}` : error)
  process.exitCode = 2
}

async function run(): Promise<number> {
  const { account, wallet, orders, journalSuffix } = await sellerOf(Bun.env, readOrders(await Bun.file(path).bytes()))
  const file = path + journalSuffix
  const text = (await Bun.file(file).exists()) ? await Bun.file(file).text() : ''
  const append = (line: string): Promise<void> => appendFile(file, line)
  const entries: Result[] = []
  for await (const entry of chargeOrders({ orders, wallet, account, journal: { text, append }, signal: stopping.signal })) {
    entries.push(entry)
    if (process.stdout.isTTY) process.stdout.write(`\r${progressBar(entries.length, orders.length)}`)
  }
  process.stdout.write(`\r${progressBar(entries.length, orders.length)}\n${summary(entries, orders.length)}\n`)
  if (stopping.signal.aborted) return 130
  return entries.some(({ status }) => status === 'unknown') ? 1 : 0
}
