import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'

/** The program, once it is unpacked. */
export const CHROMIUM = process.env.CHROMIUM ?? join(tmpdir(), 'chromium')

/** Unpacks Chromium unless it is there: one process at a time. */
export async function unpackChromium(): Promise<void> {
  if (!process.env.CHROMIUM) await chromium.executablePath()
}

/** Runs before the tests of the projects that need a browser (`globalSetup`), and for no others. */
export const setup = unpackChromium
