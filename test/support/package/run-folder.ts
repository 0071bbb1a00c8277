import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the test files of one run share. */
    runFolder: string
  }
}

/** Makes the folder before the tests (`globalSetup`), and removes it after them. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'run-'))
  project.provide('runFolder', folder)
  const remove = (name = ''): void => rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5 })
  // In watch mode the sources have changed.
  project.onTestsRerun(() => remove('package'))
  return remove
}
