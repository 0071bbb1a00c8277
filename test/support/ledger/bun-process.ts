/** A program for Bun: a charge whose answer is lost, asked for again, over Bun's own SQLite. */
// @ts-expect-error Only Bun has it.
import { Database } from 'bun:sqlite'
import { createWalletConnect } from 'mercadopago-wallet-connect'
import { createEmulator } from 'mercadopago-wallet-connect/emulator'
import { createLedger, sqliteStore } from 'mercadopago-wallet-connect/ledger'

const emulator = createEmulator()
const wallet = createWalletConnect({ accessToken: 'TEST-1', fetch: emulator.fetch, timeoutMs: 200, maxRetries: 0 })
const { agreement_id } = await wallet.agreements.create({
  return_uri: 'https://shop.example/linked',
  external_flow_id: 'flow-1',
  external_user: { id: 'ana' },
})
const { code } = emulator.buyer.approve(agreement_id)
const { payer_token } = await wallet.agreements.createPayerToken(agreement_id, { code })

const store = sqliteStore(new Database(':memory:'))
const now = () => emulator.clock.now()
const ledger = createLedger({ wallet, store, sealingKeys: process.argv[2] ?? '', now })
emulator.faults.inject({ fault: 'reset', operation: 'payments.create', phase: 'after' })
const input = { wallet_payment: { transaction_amount: '10', external_reference: 'order-1' }, payer: { token: payer_token } }
const states: string[] = [(await ledger.write('payments.create', input, { key: 'order-1' })).state]
await emulator.clock.advance(60_000)
states.push(JSON.stringify(await ledger.settle()))
states.push((await ledger.write('payments.create', input, { key: 'order-1' })).state)
states.push(String(emulator.effects.filter(({ kind }) => kind === 'payment_charged').length))
process.stdout.write(states.join(' '))
