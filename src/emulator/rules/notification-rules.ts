import { utcSeconds, withOffset } from '../world/clock.ts'
import type { PaymentRecord } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { APPLICATION_ID, COLLECTOR_ID } from './seller.ts'

/** Announces an event of the topic `wallet_connect`. */
export function announceAgreement(
  world: World,
  id: string,
  action: 'status.updated' | 'payment_method.updated',
  status?: string,
): void {
  const { random, rules, state } = world
  const eventId = rules.eventIds === 'distinct' ? random.uuid() : id
  world.announce(() => ({
    topic: 'wallet_connect',
    dataId: id,
    body: {
      id: eventId,
      type: 'wallet_connect',
      entity: 'agreement',
      action,
      date: utcSeconds(state.now),
      model_version: 1,
      version: 0,
      data: { id, ...(status && { status }) },
    },
  }))
}

/** Announces an event of the topic `payment`, about the inner payment, and the splitter event of 2019 if the rules want it. */
export function announcePayment(world: World, payment: PaymentRecord, verb: 'created' | 'updated'): void {
  const { rules, state } = world
  if (rules.paymentEvents && payment.innerId !== null) {
    const dataId = String(payment.innerId)
    const id = ++state.lastEvent
    world.announce(() => ({
      topic: 'payment',
      dataId,
      body: {
        id,
        live_mode: true,
        type: 'payment',
        date_created: withOffset(state.now),
        user_id: COLLECTOR_ID,
        api_version: 'v1',
        action: `payment.${verb}`,
        data: { id: dataId },
      },
    }))
  }
  if (rules.splitterEvents) {
    const dataId = payment.externalReference ?? ''
    world.announce(() => ({
      topic: 'splitter',
      dataId,
      body: {
        id: payment.id,
        user_id: COLLECTOR_ID,
        date_created: withOffset(state.now),
        action: verb === 'created' ? 'splitter.insert' : 'splitter.update',
        status: payment.status,
        application_id: APPLICATION_ID,
        live_mode: 'true',
        version: 2,
        data: { id: dataId },
      },
    }))
  }
}
