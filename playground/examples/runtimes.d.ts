/** The parts of Deno and Bun that these examples use. `deno check` has the full types. */
declare const Deno: {
  args: string[]
  env: { get(name: string): string | undefined; toObject(): Record<string, string> }
  errors: { NotFound: new () => Error }
  exitCode: number
  exit(code?: number): never
  stdout: { isTerminal(): boolean; write(bytes: Uint8Array): Promise<number> }
  addSignalListener(signal: 'SIGINT', listener: () => void): void
  readFile(path: string): Promise<Uint8Array>
  readTextFile(path: string): Promise<string>
  writeTextFile(path: string, text: string, options: { append: boolean }): Promise<void>
}

declare const Bun: {
  argv: string[]
  env: Record<string, string | undefined>
  file(path: string): { exists(): Promise<boolean>; text(): Promise<string>; bytes(): Promise<Uint8Array> }
}

/** Asks the person at the terminal; null without one. Deno and Bun have it. */
declare function prompt(question: string): string | null
