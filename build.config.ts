import { defineBuildConfig } from 'unbuild'

export default defineBuildConfig({
  entries: ['src/index', 'src/notifications', 'src/emulator/index', 'src/msw'],
  declaration: 'node16',
  sourcemap: true,
  clean: true,
  failOnWarn: true,
  externals: ['ofetch', 'valibot', 'msw'],
  rollup: { emitCJS: false, inlineDependencies: false, esbuild: { target: 'es2022' } },
})
