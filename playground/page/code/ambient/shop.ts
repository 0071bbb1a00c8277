/** What the samples take from the shop that they are pasted into. They find it as their own `./shop.ts`. */
interface Buyer {
  buyer: string
  /** The agreement that this buyer was sent to approve. */
  pending: string
  agreement: string
  order: string
  amount: string
  payer: { token: string }
}

/** @throws nobody is logged in, or a POST does not come from the shop's own page */
export declare function buyerOf(request: Request): Promise<Buyer>

/** @throws it is nobody of the shop, or the request does not come from the shop's own page */
export declare function staffOf(request: Request): Promise<void>

/** Stores what must survive a crash, encrypted. */
export declare function keep(what: object): Promise<void>
