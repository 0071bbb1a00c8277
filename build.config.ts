import MagicString from 'magic-string'
import { parseAst } from 'rollup/parseAst'
import { defineBuildConfig } from 'unbuild'

/** A node of a syntax tree, as far as it is needed here. */
interface Node {
  type: string
  start: number
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value

/** The calls that evaluating this makes at once, not those in the functions that it makes. */
function callsIn(node: Node): Node[] {
  if (/Function|Class/.test(node.type)) return []
  const inner = Object.values(node).flat().filter(isNode).flatMap(callsIn)
  return /^(?:Call|New)Expression$/.test(node.type) ? [node, ...inner] : inner
}

/**
 * Says of each constant of a module that making it does nothing else: bundlers believe valibot's own marks only of calls by
 * name, and whoever imports one small function would get all schemas with it. A template or a spread is no call and cannot
 * be marked: where they stood in a constant there is `concat`.
 */
const pure = {
  name: 'pure',
  renderChunk(code: string, { fileName }: { fileName: string }) {
    if (!fileName.endsWith('.mjs')) return null
    const marked = new MagicString(code)
    const { body } = parseAst(code) as unknown as { body: Node[] }
    const constants = body.filter(({ type }) => type === 'VariableDeclaration')
    for (const { start } of constants.flatMap(callsIn)) marked.appendLeft(start, '/* @__PURE__ */ ')
    return { code: marked.toString(), map: marked.generateMap({ hires: 'boundary' }) }
  },
}

export default defineBuildConfig({
  entries: ['src/index', 'src/notifications/index', 'src/doctor/index', 'src/ledger/index', 'src/emulator/index', 'src/msw'],
  declaration: 'node16',
  sourcemap: true,
  clean: true,
  failOnWarn: true,
  hooks: {
    'rollup:options': (_, options) => {
      options.plugins.push(pure)
    },
  },
  externals: ['ofetch', 'valibot', 'msw'],
  rollup: { emitCJS: false, inlineDependencies: false, esbuild: { target: 'es2022' } },
})
