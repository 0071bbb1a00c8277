/** Base64 of a text wherever it begins in what was encoded: the letters that depend on it alone. */
function base64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = btoa('\0'.repeat(before) + text).replace(/=+$/, '')
    const end = (before + text.length) % 3 === 0 ? undefined : -1
    return encoded.slice(Math.ceil((before * 4) / 3), end)
  })
}

const hex = (text: string): string => Array.from(text, (each) => each.charCodeAt(0).toString(16).padStart(2, '0')).join('')

/** The ways in which a secret could be written down. */
function spellings(secret: string): string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret))
  const urlSafe = base64(bytes).map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const all = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex(bytes), ...base64(bytes), ...urlSafe]
  return [...new Set(all.map((text) => text.toLowerCase()))]
}

/** Which of the secrets can be read in a text, in whatever spelling. */
export function findSecrets(text: string, secrets: readonly string[]): string[] {
  const lower = text.toLowerCase()
  return [...new Set(secrets)].filter((secret) => spellings(secret).some((spelling) => lower.includes(spelling)))
}
