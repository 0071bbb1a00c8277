import MagicString from 'magic-string'
import { defineBuildConfig } from 'unbuild'

/** What makes a schema: valibot's functions, and ours that call them. */
const CALL_OF_SCHEMA = /(?<![.\w])(v\.\w+|matching|text|token|openString|callback|between)\(/g

/**
 * Says of each schema that making it does nothing else: bundlers believe valibot's own marks only of calls by name, and
 * whoever imports one small function would get all schemas with it.
 */
const pure = {
  name: 'pure',
  renderChunk(code: string) {
    const marked = new MagicString(code).replace(CALL_OF_SCHEMA, '/* @__PURE__ */ $&')
    return { code: marked.toString(), map: marked.generateMap({ hires: 'boundary' }) }
  },
}

export default defineBuildConfig({
  entries: ['src/index', 'src/notifications', 'src/emulator/index', 'src/msw'],
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
