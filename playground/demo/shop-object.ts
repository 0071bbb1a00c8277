import { DurableObject } from 'cloudflare:workers'
import type { Order } from './wire.ts'

/** The shop's database. */
export class ShopObject extends DurableObject<Env> {
  /** Names this database: with another one, what pages have kept is of no use. */
  run(): string {
    const { kv } = this.ctx.storage
    const run = kv.get<string>('run') ?? crypto.randomUUID()
    kv.put('run', run)
    return run
  }

  save(order: Order): void {
    this.ctx.storage.kv.put(order.id, order)
  }

  find(id: string, buyer: string): Order | undefined {
    const order = this.ctx.storage.kv.get<Order>(id)
    return order?.buyer === buyer ? order : undefined
  }

  /** The next try, once: whoever asks for it a second time gets the same one. */
  tryAgain(order: Order, after: number): Order {
    const { attempt } = this.find(order.id, order.buyer) ?? order
    const next = { ...order, attempt: attempt === after ? attempt + 1 : attempt }
    this.save(next)
    return next
  }
}
