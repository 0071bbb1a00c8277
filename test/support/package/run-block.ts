import ts from 'typescript'

const bodies = new Map<string, string>()

/** A block of code in a page as the body of a function, which gets `modules` and fills `exported`. */
export function bodyOf(code: string): string {
  const known = bodies.get(code)
  if (known !== undefined) return known
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const body = outputText
    .replace(/^import (\{[^}]*\}) from ('.*');$/gm, 'const $1 = modules[$2]')
    .replace(/^export \{\};$/gm, '')
    .replace(/^export default /gm, 'exported.default = ')
    .replace(/^export ((?:async )?function (\w+))/gm, 'exported.$2 = $2; $1')
  bodies.set(code, body)
  return body
}

/** Runs a block with these modules, and gives what it exports. */
export async function runBlock(code: string, scope: object, modules: Record<string, object>): Promise<unknown> {
  const exported = {}
  const all = { ...scope, modules, exported }
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  await new AsyncFunction(...Object.keys(all), bodyOf(code))(...Object.values(all))
  return exported
}

/** The blocks of TypeScript in a page. */
export const blocksOf = (page: string): string[] => [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
