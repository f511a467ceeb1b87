import { MalformedError, within } from '@trusted-launch/codec'
import { encodeCanonical, type Json } from './canonical-json.ts'
import { frozen } from './frozen.ts'
import { array, object, oneOf, type Shape } from './json-shape.ts'
import { type ReferenceVariant, variantShape } from './reference-variant.ts'
import { parseWritten } from './written-json.ts'

/** At most this many bytes of JSON. */
export const referenceValuesBytesMax = 8 * 1024 * 1024
/** At most this many variants: each of them is held against the evidence. */
export const variantsMax = 64

/**
 * What a VM must measure: one of these variants as a whole, an old kernel or a new one, never a part of
 * each. A variant is made from the pristine image and the VM's variable store before the first boot; or
 * from an accepted log, and then counts only once somebody approved it. Never from the VM's own disk
 * or log without that. Their order says nothing. docs/reference-values.md
 */
export interface ReferenceValues {
  readonly version: 2
  readonly variants: readonly ReferenceVariant[]
}

const fields: Shape<ReferenceValues> = object({
  version: oneOf(2),
  variants: array(variantShape, { max: variantsMax }),
})

const shape: Shape<ReferenceValues> = (value) => {
  const values = fields(value)
  if (values.variants.length === 0) throw new MalformedError('variants', 0, 'none')
  return values
}

/**
 * Reads reference values out of JSON in UTF-8, at most 8 MiB.
 * @throws {MalformedError} another version, an unknown or missing name, a value of another form, no
 *   variant, or one learnt from a log that claims to need no approval.
 */
export function parseReferenceValues(bytes: Uint8Array): ReferenceValues {
  const read = () => parseWritten(bytes, shape, { max: referenceValuesBytesMax })
  return frozen(within('ReferenceValues', read))
}

/** The same out of a value already parsed. @throws {MalformedError} */
export function checkReferenceValues(value: unknown): ReferenceValues {
  return frozen(within('ReferenceValues', () => shape(value)))
}

/** Canonical JSON (RFC 8785) in UTF-8: the same values, the same bytes, the same hash. */
export function encodeReferenceValues(values: ReferenceValues): Uint8Array {
  return encodeCanonical(values as unknown as Json)
}
