/** True only if the types are the same: false for a wider one, a narrower one, and `any`. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** The members of a type, so that an interface equals the intersection that it extends. */
export type Members<T> = { [K in keyof T]: T[K] }

/** Compiles only if every type in the list is `true`. */
export declare function expectTrue<_Claims extends readonly true[]>(): void
