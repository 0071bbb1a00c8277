import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'

/** The program, once it is unpacked. */
export const CHROMIUM = process.env.CHROMIUM ?? join(tmpdir(), 'chromium')

/** What these relax is what the tests are about; and one process for all dies of two pages. */
const RELAXED = ['--disable-web-security', '--allow-running-insecure-content', '--single-process', '--no-zygote']
/** Nobody looks: a graphics card that is played by the processor takes most of its time. */
const DRAWN = [
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--in-process-gpu',
]

export const CHROMIUM_FLAGS = [
  ...chromium.args.filter((flag) => ![...RELAXED, ...DRAWN].includes(flag)),
  '--disable-gpu',
  '--disable-background-networking',
]

/** Unpacks Chromium unless it is there: one process at a time. */
export async function unpackChromium(): Promise<void> {
  if (!process.env.CHROMIUM) await chromium.executablePath()
}

/** Runs before the tests of the projects that need a browser (`globalSetup`), and for no others. */
export const setup = unpackChromium
