import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { CommandMessage, CommandReply, Commands, EmulatorOptions } from './emulator-process.ts'

type Remote<Command> = Command extends (...parameters: infer Parameters) => infer Value
  ? (...parameters: Parameters) => Promise<Value>
  : never

/** The emulator in a process of its own, which no crash of the proxy reaches. */
export type EmulatorProcess = { [Name in keyof Commands]: Remote<Commands[Name]> } & {
  port: number
  pid: number
  stop(): void
}

export async function startEmulator(options: EmulatorOptions = {}): Promise<EmulatorProcess> {
  const program = fileURLToPath(new URL('emulator-process.ts', import.meta.url).href)
  const child = fork(program, [JSON.stringify(options)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [address] = (await once(child, 'message')) as [{ port: number }]
  const call = messenger(child)
  const { port } = address
  const own: Pick<EmulatorProcess, 'port' | 'pid' | 'stop'> = { port, pid: child.pid ?? 0, stop: () => void child.kill() }
  return new Proxy(own as EmulatorProcess, {
    get: (target, name) =>
      // A promise that resolves to this asks whether it has a `then`.
      name in target || name === 'then'
        ? Reflect.get(target, name)
        : (...parameters: unknown[]) => call(name as keyof Commands, parameters),
  })
}

function messenger(child: ChildProcess): (command: keyof Commands, parameters: unknown[]) => Promise<unknown> {
  const waiting = new Map<number, (reply: CommandReply) => void>()
  let lastNumber = 0
  child.on('message', (reply: CommandReply) => {
    waiting.get(reply.number)?.(reply)
    waiting.delete(reply.number)
  })
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      const number = ++lastNumber
      waiting.set(number, ({ value, error }) => (error ? reject(new Error(error)) : resolve(value)))
      child.send({ number, command, parameters } satisfies CommandMessage)
    })
}
