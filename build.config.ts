import { defineBuildConfig } from 'unbuild'

/**
 * Says of each schema that making it does nothing else: bundlers believe valibot's own marks only of calls by name, and
 * whoever imports one small function would get all schemas with it.
 */
const pure = {
  name: 'pure',
  renderChunk: (code: string) =>
    code.replace(/(?<![.\w])(v\.\w+|matching|text|token|openString|callback|between)\(/g, '/* @__PURE__ */ $1('),
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
