/** How often to draw at random: `npm test` takes fewer draws than the long run of `npm run test:all`. */
export const draws = (standard: number, long: number): number => (import.meta.env.MODE === 'long' ? long : standard)
