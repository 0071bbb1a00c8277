const files = import.meta.glob<unknown>('../../contract/examples/*.json', { eager: true, import: 'default' })

/** A copy of a payload from the documentation, by the name of its file without `.json`. */
export function document<Json = Record<string, unknown>>(name: string): Json {
  const payload = files[`../../contract/examples/${name}.json`]
  if (payload === undefined) throw new Error(`there is no example ${name}`)
  return structuredClone(payload) as Json
}

/** The names of all payloads from the documentation. */
export const documentNames = Object.keys(files).map((path) => path.replace(/^.*\/(.*)\.json$/, '$1'))
