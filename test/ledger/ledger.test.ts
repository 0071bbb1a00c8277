import { describeLedger } from '../support/ledger/describe-ledger.ts'
import { STORES } from '../support/ledger/stores.ts'

for (const [name, newStore] of Object.entries(STORES)) describeLedger(name, newStore)
