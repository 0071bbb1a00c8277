/** What the shop sells, with prices in Argentine pesos, the emulator's currency. */
export const CATALOGUE = [
  { id: 'mate', price: 1_850 },
  { id: 'coffee', price: 980.5 },
  { id: 'alfajores', price: 625.25 },
] as const

export type ProductId = (typeof CATALOGUE)[number]['id']

export interface Item {
  id: ProductId
  quantity: number
}

export const CURRENCY = 'ARS'
export const COUPON = 'WALLET10'
export const MAX_QUANTITY = 9

/** The price of some items, computed in centavos so that nothing is rounded. */
export function totalOf(items: readonly Item[]): number {
  const centavos = items.map(({ id, quantity }) => {
    const price = CATALOGUE.find((product) => product.id === id)?.price ?? 0
    return Math.round(price * 100) * quantity
  })
  return centavos.reduce((sum, each) => sum + each, 0) / 100
}
