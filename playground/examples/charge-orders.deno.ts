/** `npm run example -- orders:deno [orders.csv]`: charges a file of orders. Stop it with Ctrl+C, run it again. */
import { sellerOf } from './batch-seller.ts'
import { chargeOrders, type Result } from './charge-orders.ts'
import { OrdersError, readOrders } from './orders.ts'
import { progressBar, summary } from './report.ts'

const [path = `${import.meta.dirname}/orders.csv`] = Deno.args
const stopping = new AbortController()
// The first Ctrl+C waits for what is in flight, the second stops at once. Both are safe.
Deno.addSignalListener('SIGINT', () => (stopping.signal.aborted ? Deno.exit(130) : stopping.abort()))

try {
  Deno.exitCode = await run()
} catch (error) {
  console.error(error instanceof OrdersError ? `Nothing was charged by this run.\n${error.message}` : error)
  Deno.exitCode = 2
}
// Without this the signal listener would keep the process running.
Deno.exit()

async function run(): Promise<number> {
  const { account, wallet, orders, journalSuffix } = await sellerOf(Deno.env.toObject(), readOrders(await Deno.readFile(path)))
  const file = path + journalSuffix
  const text = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return ''
    throw error
  })
  const append = (line: string): Promise<void> => Deno.writeTextFile(file, line, { append: true })
  const entries: Result[] = []
  for await (const entry of chargeOrders({ orders, wallet, account, journal: { text, append }, signal: stopping.signal })) {
    entries.push(entry)
    if (Deno.stdout.isTerminal()) await show(`\r${progressBar(entries.length, orders.length)}`)
  }
  await show(`\r${progressBar(entries.length, orders.length)}\n${summary(entries, orders.length)}\n`)
  if (stopping.signal.aborted) return 130
  return entries.some(({ status }) => status === 'unknown') ? 1 : 0
}

async function show(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text))
}
