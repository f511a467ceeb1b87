const encoder = new TextEncoder()

/**
 * UTF-8 by the library, several times as fast as the codec's, which guests have too. RFC 3629. A lone surrogate
 * becomes U+FFFD.
 */
export function textToUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** At most `max` UTF-16 units of the text. Half a character, cut or come so, becomes U+FFFD: no JSON can hold it. */
export function cutText(text: string, max: number): string {
  return text.slice(0, max).toWellFormed()
}
