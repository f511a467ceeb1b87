import { type Codec, checked, latin1, sized, text, u8 } from '@trusted-launch/codec'

/**
 * Printable ASCII, at most `max` (≤ 255) characters: whatever a guest says may reach a terminal
 * or a log, so control characters do not exist in this protocol.
 */
export function plainText(max: number): Codec<string> {
  return checked(text(sized(u8, { max }), latin1), (value) =>
    /^[ -~]*$/.test(value) ? null : 'not printable ASCII',
  )
}

/** The part of `value` that `plainText(max)` can carry. */
export function toPlainText(value: string, max: number): string {
  return value
    .replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, max)
}
