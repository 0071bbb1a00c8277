import { DurableObject } from 'cloudflare:workers'
import type { Order } from './wire.ts'

/** The shop's database. A buyer has one open order at a time. */
export class ShopObject extends DurableObject<Env> {
  /** The buyer's open order. */
  open(buyer: string): Order | undefined {
    const id = this.ctx.storage.kv.get<string>(`open ${buyer}`)
    return id === undefined ? undefined : this.find(id, buyer)
  }

  find(id: string, buyer: string): Order | undefined {
    const order = this.ctx.storage.kv.get<Order>(id)
    return order?.buyer === buyer ? order : undefined
  }

  /** Opens an order, in place of one that cannot have been paid. If the open one may be paid, it is returned instead. */
  begin(order: Order): Order {
    const { kv } = this.ctx.storage
    const before = this.open(order.buyer)
    if (before?.request) return before
    if (before) kv.delete(before.id)
    kv.put(`open ${order.buyer}`, order.id)
    kv.put(order.id, order)
    return order
  }

  /** Stores the request of an attempt. The first one stays, so that two tabs send the same. */
  storeRequest(order: Order, request: NonNullable<Order['request']>): Order | undefined {
    const current = this.find(order.id, order.buyer)
    if (current?.attempt !== order.attempt) return undefined
    if (current.request) return current
    const stored = { ...current, request }
    this.ctx.storage.kv.put(order.id, stored)
    return stored
  }

  /** Starts the next attempt, with a key of its own. A repeated call gets the same attempt. */
  nextAttempt({ request: _, ...order }: Order, idempotency_key: string): Order {
    const current = this.find(order.id, order.buyer)
    if (current?.attempt !== order.attempt) return current ?? order
    const next = { ...order, attempt: order.attempt + 1, idempotency_key }
    this.ctx.storage.kv.put(order.id, next)
    return next
  }

  close({ buyer }: Order): void {
    this.ctx.storage.kv.delete(`open ${buyer}`)
  }
}
