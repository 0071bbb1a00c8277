/** True only of the same type: neither of a wider one, nor of a narrower one, nor of `any`. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** The members alone, so that an interface equals the intersection that it was made of. */
export type Members<T> = { [K in keyof T]: T[K] }

/** Compiles only if each of them is true. */
export declare function expectTrue<_Claims extends readonly true[]>(): void
