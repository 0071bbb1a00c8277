import * as fc from 'fast-check'

/** Any character: what `unit: 'binary'` of fast-check draws from, which takes a second of the processor to be made. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((index) => String.fromCodePoint(index < 0xd800 ? index : index + 0x800))

/** Any text, the names that are dangerous in JavaScript among them. */
export const anyText = (lengths: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.string({ ...lengths, unit: anyCharacter }) }, { weight: 1, arbitrary: fc.string(lengths) })
