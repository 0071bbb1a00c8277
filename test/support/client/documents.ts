const files = import.meta.glob<unknown>('../../contract/examples/*.json', { eager: true, import: 'default' })

/** A payload of the documentation, by the name of its file without `.json`. */
export function document<Json = Record<string, unknown>>(name: string): Json {
  const found = files[`../../contract/examples/${name}.json`]
  if (found === undefined) throw new Error(`there is no example ${name}`)
  return structuredClone(found) as Json
}

export const documentNames = Object.keys(files).map((path) => path.replace(/^.*\/(.*)\.json$/, '$1'))
