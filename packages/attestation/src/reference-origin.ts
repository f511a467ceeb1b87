import { hex, nullable, object, oneOf, type Shape, string } from './json-shape.ts'

/** Where a variant comes from. */
export interface ReferenceOrigin {
  /** `image`: foretold from it; `log`: learnt from an accepted event log; `hand`: somebody wrote it. */
  readonly kind: 'image' | 'log' | 'hand'
  readonly name: string
  /** SHA-256 of the image or the log; null: of nothing that has one. */
  readonly sha256: string | null
}

/** Who answers for a variant that was learnt, and why. */
export interface ApprovedBy {
  readonly by: string
  /** RFC 3339, UTC. */
  readonly at: string
  readonly why: string
}

/** `not-needed`: foretold, or written by hand; `needed`: learnt, and nobody approved it yet. */
export type Approval = 'not-needed' | 'needed' | ApprovedBy

const text = (max: number) => string({ max, pattern: /\S/ })

export const originShape: Shape<ReferenceOrigin> = object({
  kind: oneOf('image', 'log', 'hand'),
  name: text(8192),
  sha256: nullable(hex({ min: 32, max: 32 })),
})

const word = oneOf('not-needed', 'needed')
const approvedBy: Shape<ApprovedBy> = object({
  by: text(256),
  at: string({ max: 32, pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/ }),
  why: text(4096),
})

export const approvalShape: Shape<Approval> = (value) =>
  typeof value === 'string' ? word(value) : approvedBy(value)

/** Whether it says the same. */
export function sameOrigin(a: ReferenceOrigin, b: ReferenceOrigin): boolean {
  return a.kind === b.kind && a.name === b.name && a.sha256 === b.sha256
}
