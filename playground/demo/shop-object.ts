import { DurableObject } from 'cloudflare:workers'
import type { Order } from './wire.ts'

/** The shop's database. A buyer has one order that is open, until it is put away. */
export class ShopObject extends DurableObject<Env> {
  /** The order that is open. */
  open(buyer: string): Order | undefined {
    const id = this.ctx.storage.kv.get<string>(`open ${buyer}`)
    return id === undefined ? undefined : this.find(id, buyer)
  }

  find(id: string, buyer: string): Order | undefined {
    const order = this.ctx.storage.kv.get<Order>(id)
    return order?.buyer === buyer ? order : undefined
  }

  /** The buyer's new order, in the place of one that nobody can have paid; else the one that may be on its way. */
  begin(order: Order): Order {
    const { kv } = this.ctx.storage
    const before = this.open(order.buyer)
    if (before?.request) return before
    if (before) kv.delete(before.id)
    kv.put(`open ${order.buyer}`, order.id)
    kv.put(order.id, order)
    return order
  }

  /** Keeps the request of a try. The first one stays: two tabs send the same. */
  keep(order: Order, request: NonNullable<Order['request']>): Order | undefined {
    const now = this.find(order.id, order.buyer)
    if (now?.attempt !== order.attempt) return undefined
    if (now.request) return now
    const kept = { ...now, request }
    this.ctx.storage.kv.put(order.id, kept)
    return kept
  }

  /** Another try, with a key of its own; whoever asks for it a second time gets the same one. */
  tryAgain({ request: _, ...order }: Order, idempotency_key: string): Order {
    const now = this.find(order.id, order.buyer)
    if (now?.attempt !== order.attempt) return now ?? order
    const next = { ...order, attempt: order.attempt + 1, idempotency_key }
    this.ctx.storage.kv.put(order.id, next)
    return next
  }

  putAway({ buyer }: Order): void {
    this.ctx.storage.kv.delete(`open ${buyer}`)
  }
}
