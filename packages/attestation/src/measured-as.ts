import { fromLatin1, toHex, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, type HashName } from '@trusted-launch/crypto'

/**
 * The digests that a value, which somebody gave, may be measured as: itself where it is one, else those of its text as
 * GRUB and systemd measure text. What is shown of a measured text is not compared: it is without what cannot be shown.
 */
export function measuredAs(value: string, banks: readonly string[]): readonly string[] {
  if (/^([0-9a-f]{2}){20,64}$/.test(value)) return [value]
  const forms = formsOf(value)
  const known = banks.filter((bank) => Object.hasOwn(DIGEST_SIZE, bank)) as HashName[]
  return known.flatMap((bank) => forms.map((form) => toHex(digest(bank, form))))
}

/** With NUL: systemd measures it, and some of GRUB. */
function formsOf(text: string): Uint8Array[] {
  const isLatin1 = /^[\0-\xff]*$/.test(text)
  return [text, `${text}\0`].flatMap((each) => [
    ...[toUtf8(each), toUtf16le(each)],
    ...(isLatin1 ? [fromLatin1(each)] : []),
  ])
}
