/** JSON as nobody should send it, in the manner of https://github.com/nst/JSONTestSuite. */

const bytes = (...codes: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(codes)
const ascii = (text: string): number[] => [...text].map((each) => each.charCodeAt(0))

/** Not JSON at all. */
export const MALFORMED: readonly string[] = [
  // Lists
  ...['[1 true]', '["": 1]', '[""],', '[,1]', '[1,,2]', '["x",,]', '["x"]]', '["",]', '["x"', '[x', '[3[4]]', '[1:2]', '[,]'],
  ...['[   , ""]', '["a",\n4\n,1,', '[1,]', '[1,,]', '["\x0ba"\\f]', '[*]', '[""', '[1,', '[{}', '[fals]', '[nul]', '[', ']'],
  // Numbers
  ...['[++1234]', '[+1]', '[+Inf]', '[-01]', '[-1.0.]', '[-2.]', '[-NaN]', '[.-1]', '[.2e-3]', '[0.1.2]', '[0.3e+]', '[0.e1]'],
  ...['[0E+]', '[1.0e-]', '[1eE2]', '[Inf]', '[NaN]', '[１]', '[1+2]', '[0x42]', '[Infinity]', '[0e+-1]', '[-1foo]', '[- 1]'],
  ...['[012]', '[1.]', '[.123]', '[1_000]', '[1n]', '[1,5,]', '2@', '123\0', '- 1', '1e', '00', '[-]'],
  // Objects
  ...['{[: "x"}', '{"x", null}', '{"x"::"b"}', '{"a":"a" 123}', "{key: 'value'}", '{"a" b}', '{:"b"}', '{"a" "b"}', '{"a":', '{'],
  ...['{1:1}', '{9E99:1}', '{null:null}', '{"id":0,,,,,}', "{'a':0}", '{"id":0,}', '{"a":"b"}/**/', '{"a":"b"}//', '{}#', '{"a"'],
  ...[
    '{"a":"b",,"c":"d"}',
    '{a: "b"}',
    '{"a":"a',
    '{"b":"c","a"}',
    '{"a":1}{"b":2}',
    '{}}',
    '{"":',
    '{"x":true,',
    '{"a":/*b*/1}',
  ],
  // Text
  ...[
    '"',
    '["\\uD800\\"]',
    '["\\uD800\\u"]',
    '["\\uD800\\u1x"]',
    '[é]',
    '["\\x00"]',
    '["\\\\\\"]',
    '["\\\t"]',
    '["\\🌀"]',
    '["\\"]',
  ],
  ...['["\\u00A"]', '["\\uqqqq"]', '["\\a"]', '[\\u0020"asd"]', '[\\n]', "['a']", 'abc', '["\\', '["new\nline"]', '["tab\t"]'],
  ...['["a\0a"]', '["\\u{41}"]', '""x', '["asd]', '`a`', '"\\UA66D"'],
  // What stands around it
  ...[
    '<.>',
    '[<null>]',
    '[1]x',
    '[True]',
    'undefined',
    '[][]',
    '\u2060',
    '\ufeff\ufeff{}',
    '\u00a0{}',
    '\f{}',
    '\v{}',
    '{}\0',
    ' ',
  ],
]

/** No characters in UTF-8. */
export const NO_CHARACTERS: readonly [string, number[]][] = [
  ['a byte that never occurs', [0xff]],
  ['Latin-1', [0xe5]],
  ['half a character', [0xe2, 0x82]],
  ['a slash in two bytes', [0xc0, 0xaf]],
  ['a zero in two bytes', [0xc0, 0x80]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a surrogate pair', [0xed, 0xa0, 0xb5, 0xed, 0xb4, 0x9e]],
  ['a character beyond Unicode', [0xf4, 0xbf, 0xbf, 0xbf]],
  ['a character of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
]

/** Bytes that are no text in UTF-8. */
export const NO_TEXT: readonly [string, Uint8Array<ArrayBuffer>][] = [
  ['a character cut at the end', bytes(...ascii('{}'), 0xf0, 0x9f)],
  ['UTF-16 with a mark', bytes(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
  ['UTF-16 without a mark', bytes(0, 0x7b, 0, 0x7d)],
  ['gzip', bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0)],
]

const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const both = (depth: number): string => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`

/** JSON, if of a strange kind. */
export const ODD: readonly string[] = [
  ...['[]', '{}', '[""]', 'null', 'true', '""', '0', ' [] ', '\t\r\n {} \r\n\t', '[[]   ]', '{"a":\n\n1}'],
  ...[
    '[123e65]',
    '[0e+1]',
    '[0E-1]',
    '[-0]',
    '[-0.0]',
    '[1E22]',
    '[123.456e78]',
    '[5e-324]',
    '[2.2250738585072011e-308]',
    '[1e-400]',
  ],
  ...[
    '[9007199254740991]',
    '{"a":"b","a":"c"}',
    '{"a":1,"a":1}',
    '{"":0}',
    '{" ":0}',
    '{"a\\u0000b":42}',
    '{"a.b":1}',
    '{"a[0]":1}',
  ],
  ...[
    '["\\u0060\\u012a\\u12AB"]',
    '["\\uD801\\udc37"]',
    '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
    '["\\u0000"]',
    '["a/*b*//c"]',
    '["\\uFFFF"]',
  ],
  ...['["\u2028\u2029"]', '["\u200b\u202e"]', '["\x7f"]', '["€𝄞"]', '["\ufeff"]', '["\\u0022"]', '["<script>"]', '["\ufdd0"]'],
  // Half characters
  ...['["\\uDADA"]', '["\\uD888\\u1234"]', '["\\uD800\\n"]', '["\\uDd1e\\uD834"]', '{"\\ud800":1}'],
  // Names that objects have already
  ...['{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"toJSON":1}', '{"then":"x"}'],
  ...['{"toString":"x","valueOf":"y","hasOwnProperty":"z"}', '{"a":{"__proto__":null}}', '[{"__proto__":[]}]', '{"length":-1}'],
  // Much
  ...[lists(20), objects(20), `[${'1,'.repeat(9_999)}1]`, `"${'x'.repeat(50_000)}"`],
  `{${Array.from({ length: 4_000 }, (_, index) => `"k${index}":1`).join()}}`,
]

/** JSON that is nested too deep for those who walk through it. */
export const DEEP: readonly string[] = [
  ...[40, 1_000, 30_000].map(lists),
  ...[40, 1_000, 10_000].map(objects),
  ...[17, 5_000].map(both),
]
