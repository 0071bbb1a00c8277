/** SHA-256 of a text. */
export const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))

/** SHA-256 of a text, in hex. */
export const hexDigest = async (text: string): Promise<string> => new Uint8Array(await digest(text)).toHex()
