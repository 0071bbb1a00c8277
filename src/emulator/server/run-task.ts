import { expireAgreement } from '../rules/agreement-rules.ts'
import { giveBack, releasePromise } from '../rules/discount-rules.ts'
import { forgetKey } from '../rules/idempotency-rules.ts'
import { expirePayment } from '../rules/payment-rules.ts'
import { settleRefund } from '../rules/refund-rules.ts'
import type { Task } from '../world/state.ts'
import { perform, type Server } from './server.ts'
import { deliver, type NotificationTarget } from './webhook-sender.ts'

/** Does what is due. Returns a promise only if it takes real time. */
export function runTask(server: Server, task: Task, target: NotificationTarget | undefined): Promise<unknown> | undefined {
  const { world } = server
  switch (task.kind) {
    case 'expire_agreement':
      return void expireAgreement(world, task.agreement)
    case 'settle_refund':
      return void settleRefund(world, task.payment)
    case 'expire_payment':
      return void expirePayment(world, task.payment, task.status)
    case 'release_promise':
      return void releasePromise(world, task.promise)
    case 'give_back_coupon':
      return void giveBack(world, task.coupon)
    case 'forget_key':
      return void forgetKey(world, task)
    case 'receive':
      // Without the caller's hook: a caller who holds requests there may be waiting for the clock.
      return perform({ ...server, beforeEffect: () => {} }, task.request, undefined)
    case 'deliver':
      return target && deliver(world, target, task)
  }
}
