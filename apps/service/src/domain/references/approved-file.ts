import {
  approveReferences,
  encodeReferenceValues,
  parseReferenceValues,
  type ReferenceModule,
  type ReferenceVariant,
} from '@trusted-launch/attestation'

const MODULES_MAX = 16_384

/** A file of reference values that somebody approved, under a name of its own. */
export function approvedFile(
  file: Uint8Array,
  name: string,
  approval: Parameters<typeof approveReferences>[1],
  own: OwnModules,
): Uint8Array {
  const { version, variants } = parseReferenceValues(file)
  const renamed = {
    version,
    variants: variants.map((one) => withModules({ ...one, name }, own)),
  }
  return encodeReferenceValues(approveReferences(renamed, approval))
}

/** Which modules are a new kernel's own. */
export interface OwnModules {
  /** SHA-256 */
  readonly announced: readonly string[]
  readonly isOwn: (module: ReferenceModule) => boolean
}

function withModules(
  variant: ReferenceVariant,
  { announced, isOwn }: OwnModules,
): ReferenceVariant {
  const { modules } = variant.kernel
  const known = modules?.filter(isOwn) ?? []
  const seen = new Set(known.map(({ sha256 }) => sha256))
  const more = announced.filter((sha256) => !seen.has(sha256))
  if (modules === null && more.length === 0) return variant
  const all = [...known, ...more.map((sha256) => ({ path: 'announced', sha256 }))]
  return { ...variant, kernel: { ...variant.kernel, modules: all.slice(0, MODULES_MAX) } }
}
