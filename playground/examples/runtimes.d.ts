/** What these examples use of Deno and Bun. `deno check` knows the rest. */
declare const Deno: {
  args: string[]
  env: { get(name: string): string | undefined; toObject(): Record<string, string> }
  errors: { NotFound: new () => Error }
  exitCode: number
  exit(code?: number): never
  stdout: { isTerminal(): boolean; write(bytes: Uint8Array): Promise<number> }
  addSignalListener(signal: 'SIGINT', listener: () => void): void
  readTextFile(path: string): Promise<string>
  writeTextFile(path: string, text: string, options: { append: boolean }): Promise<void>
}

declare const Bun: {
  argv: string[]
  env: Record<string, string | undefined>
  file(path: string): { exists(): Promise<boolean>; text(): Promise<string> }
}

/** Asks whoever runs the program; null without a terminal. Deno and Bun. */
declare function prompt(question: string): string | null
