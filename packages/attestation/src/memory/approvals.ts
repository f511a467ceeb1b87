import { findingOf } from '../finding-table.ts'
import { array, hex, integer, nullable, object, oneOf, type Shape, string } from '../json-shape.ts'
import type { AttestationResult, Finding } from '../result.ts'
import type { Clearance } from './standing.ts'

/** Where reference values came from: foretold from the image before the first boot, written, or learnt from a boot. */
export type ReferenceOrigin = 'foretold' | 'written' | 'learnt'

/** Reference values that were proposed for a VM. */
export interface Variant {
  /** Of their canonical JSON, hexadecimal. */
  readonly sha256: string
  readonly origin: ReferenceOrigin
  /** Milliseconds since 1970. */
  readonly proposed: number
  /** Who approved them; null: nobody yet. */
  readonly approved: Clearance | null
}

/** Everything proposed for a VM, side by side: an old kernel and the new one. At most 32. */
export type Variants = readonly Variant[]

const variantsMax = 32

/**
 * Proposes reference values. What was foretold holds at once; what was learnt or written holds when somebody
 * approved it. Proposed again, they stay what they are: learning the same twice approves nothing.
 * @throws {RangeError} more than 32: withdraw some.
 */
export function proposeVariant(
  variants: Variants,
  proposed: { readonly sha256: string; readonly origin: ReferenceOrigin; readonly time: number },
): Variants {
  const { sha256, origin, time } = proposed
  if (variants.some((one) => one.sha256 === sha256)) return variants
  if (variants.length >= variantsMax) throw new RangeError(`more than ${variantsMax} variants`)
  return [...variants, { sha256, origin, proposed: time, approved: null }]
}

/** Approves reference values, for a reason. @throws {RangeError} they were never proposed, or nobody or nothing is named. */
export function approveVariant(
  variants: Variants,
  sha256: string,
  { by, reason, time }: Clearance,
): Variants {
  const at = variants.findIndex((one) => one.sha256 === sha256)
  if (at < 0) throw new RangeError('reference values that nobody proposed')
  if (by.trim() === '' || reason.trim() === '')
    throw new RangeError('reference values are approved by somebody, for a reason')
  return variants.with(at, { ...variants[at]!, approved: { by, reason, time } })
}

/** Without these: they hold no more. */
export function withdrawVariant(variants: Variants, sha256: string): Variants {
  return variants.filter((one) => one.sha256 !== sha256)
}

/** Those a verdict may be made by. */
export function usableVariants(variants: Variants): Variants {
  return variants.filter(({ origin, approved }) => origin === 'foretold' || approved !== null)
}

/** Whether the reference values that a verdict was made by hold for this VM. */
export function checkApproval(
  variants: Variants,
  { references }: Pick<AttestationResult, 'references'>,
): Finding[] {
  if (references === null) return []
  const usable = usableVariants(variants).some(({ sha256 }) => sha256 === references.sha256)
  // check 41
  if (!usable) return [unapproved(references.sha256)]
  return []
}

function unapproved(actual: string): Finding {
  const summary = 'Nobody approved the reference values that this verdict was made by.'
  return findingOf({ id: 'reference-values.unapproved', summary, actual })
}

const time = integer({ min: 0, max: 253_402_300_799_999 })
const text = string({ max: 256 })
/** A stored state. */
export const variantsShape: Shape<Variants> = array(
  object({
    sha256: hex({ min: 32, max: 32 }),
    origin: oneOf('foretold', 'written', 'learnt'),
    proposed: time,
    approved: nullable(object({ by: text, reason: text, time })),
  }),
  { max: variantsMax },
)
