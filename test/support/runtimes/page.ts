import { type Report, run } from './run.ts'

const isPage = 'document' in globalThis && 'location' in globalThis

/** For whoever imports this module into a page. */
export const report = (origin: string): Promise<Report> => run(`${navigator.userAgent} ${isPage ? 'page' : 'no page'}`, origin)
