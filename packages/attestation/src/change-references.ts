import { MalformedError } from '@trusted-launch/codec'
import { formatCanonical, type Json } from './canonical-json.ts'
import {
  type Approval,
  type ApprovedBy,
  type ReferenceOrigin,
  sameOrigin,
} from './reference-origin.ts'
import { checkReferenceValues, type ReferenceValues } from './reference-values.ts'
import { isApproved, type ReferenceVariant } from './reference-variant.ts'

/**
 * All variants of all of these. What is the same but for its name, origins and approval becomes one, which
 * keeps every origin, the first name and an approval that one of them has.
 * @throws {MalformedError} none given, or more variants than there may be.
 */
export function mergeReferences(all: readonly ReferenceValues[]): ReferenceValues {
  const kept = new Map<string, ReferenceVariant>()
  for (const variant of all.flatMap(({ variants }) => variants)) {
    const { name: _, origins: __, approval: ___, ...holds } = variant
    const text = formatCanonical(holds as unknown as Json)
    const known = kept.get(text)
    kept.set(text, known === undefined ? variant : joined(known, variant))
  }
  return checkReferenceValues({ version: 2, variants: [...kept.values()] })
}

function joined(a: ReferenceVariant, b: ReferenceVariant): ReferenceVariant {
  const more = b.origins.filter((one) => !a.origins.some((known) => sameOrigin(known, one)))
  return { ...a, origins: [...a.origins, ...more], approval: approvalOf(a, b) }
}

function approvalOf(a: ReferenceVariant, b: ReferenceVariant): Approval {
  return isApproved(a) ? a.approval : b.approval
}

/**
 * The same with every variant approved that needs it, or only the one of this name.
 * @throws {MalformedError} nothing to approve; or who, when or why is not said.
 */
export function approveReferences(
  values: ReferenceValues,
  approval: ApprovedBy,
  name: string | null = null,
): ReferenceValues {
  const meant = (variant: ReferenceVariant) =>
    !isApproved(variant) && (name === null || variant.name === name)
  if (!values.variants.some(meant)) {
    const which = name === null ? 'no variant' : `no variant "${name.slice(0, 64)}"`
    throw new MalformedError('ReferenceValues.variants', 0, `${which} needs approval`)
  }
  const variants = values.variants.map((one) => (meant(one) ? { ...one, approval } : one))
  return checkReferenceValues({ ...values, variants })
}

/** Where a variant comes from, in a line. */
export function describeOrigin({ kind, name, sha256 }: ReferenceOrigin): string {
  const words = { image: 'foretold from the image', log: 'learnt from the log', hand: 'written by' }
  return `${words[kind]} ${name}${sha256 === null ? '' : `, SHA-256 ${sha256}`}`
}
