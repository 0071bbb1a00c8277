import type { Emulator, FaultName, OperationName } from 'mercadopago-wallet-connect/emulator'
import * as v from 'valibot'

const text = v.pipe(v.string(), v.maxLength(128))

/** What the developer can make happen in Mercado Pago. */
export const ControlSchema = v.variant('do', [
  v.strictObject({ do: v.literal('setBalance'), amount: v.number() }),
  v.strictObject({ do: v.literal('decideNext'), status: text, status_detail: text }),
  v.strictObject({ do: v.literal('cancelAgreement'), agreement_id: text }),
  v.strictObject({
    do: v.literal('advanceClock'),
    ms: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(400 * 86_400_000)),
  }),
  v.strictObject({
    do: v.literal('injectFault'),
    fault: text,
    phase: v.optional(v.picklist(['before', 'after'])),
    operation: v.optional(text),
  }),
  v.strictObject({ do: v.literal('clearFaults') }),
])

export type Control = v.InferOutput<typeof ControlSchema>

/**
 * Applies a control for one buyer. The clock is advanced by its owner, the emulator object.
 *
 * @throws {TypeError} the emulator does not accept it
 */
export function applyControl(emulator: Emulator, control: Exclude<Control, { do: 'advanceClock' }>, user: string): void {
  const { buyer, processor, faults } = emulator
  switch (control.do) {
    case 'setBalance':
      buyer.setBalance(control.amount, user)
      break
    case 'decideNext':
      processor.decideNext({ status: control.status, status_detail: control.status_detail }, { user })
      break
    case 'cancelAgreement':
      buyer.cancel(control.agreement_id)
      break
    case 'injectFault': {
      const { fault, phase, operation } = control
      // The emulator refuses names that it does not know.
      const names = { fault: fault as FaultName, ...(operation && { operation: operation as OperationName }) }
      faults.inject({ ...names, ...(phase && { phase }) })
      break
    }
    case 'clearFaults':
      faults.clear()
  }
}
