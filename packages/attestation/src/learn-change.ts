import { MalformedError } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import type { AppraisalInput } from './appraisal-input.ts'
import { appraiseEvidence } from './appraise.ts'
import { appraiseReferences } from './appraise-references.ts'
import { encodeCanonical, type Json } from './canonical-json.ts'
import { approveReferences, mergeReferences } from './change-references.ts'
import { changedVariant, type Otherwise } from './changed-variant.ts'
import { checkIma } from './check-ima.ts'
import { checkUserspace } from './check-userspace.ts'
import { runChecks } from './checks.ts'
import { claimsOf } from './claims.ts'
import { differencesOf, type ReferenceDifference } from './diff-references.ts'
import { learnReferences } from './learn-references.ts'
import type { ReferenceValues } from './reference-values.ts'
import type { ReferenceVariant } from './reference-variant.ts'
import type { BootStage, Finding } from './result.ts'
import { verifyEvidence } from './verify-evidence.ts'

/** One thing that a boot measured otherwise than it was to. */
export interface BootDifference extends Omit<ReferenceDifference, 'variants'> {
  /** Who signed what is there now, as the measured authorities say; null: nothing that was measured tells. */
  readonly signer: string | null
}

/** A boot that is not as it is to be, as what it would take to take it. */
export interface BootChange {
  /** The nearest variant with what this boot measured otherwise; nobody approved it. */
  readonly variant: ReferenceVariant
  /** The variant that it was held against; null: none counts, so it was learnt whole. */
  readonly nearest: string | null
  /** The same for two boots that measured the same: SHA-256 of the variant's registers. */
  readonly sha256: string
  readonly differences: readonly BootDifference[]
  /** Paths of modules that the nearest variant does not know: they would be taken as the kernel's own. */
  readonly modules: readonly string[]
}

/** PCR 1 holds the machine's device paths: it is pinned by nobody who learns from a single boot. */
const unlearnt = '1'
/**
 * What a boot measured otherwise than its reference values say, as a variant that somebody may approve: the nearest
 * one, and what differs from it as it was measured. The modules of another kernel, or initrd, are those that its IMA
 * list names; of the same kernel they stay as they were, so that an untrusted one is never approved along with it.
 *
 * Nothing is learnt of evidence that does not hold, or that a check refuses; nor where the verdict would refuse the
 * boot all the same, as with Secure Boot off: approving it would be no answer. PCR 0 is the host's to answer for.
 * That a boot is genuine does not make it good.
 * @returns null: nothing differs, or nothing can be learnt: what cannot become a variant, being too much for one, is
 *   none.
 * @throws {RangeError} an expectation with a `givenKey` or `activatedKey`, as `appraiseEvidence`.
 */
export function learnChange(input: AppraisalInput, log: string): BootChange | null {
  const verified = verifyEvidence(input)
  if (verified.log === null || verified.findings.some(isHigh)) return null
  const ofLog = [...runChecks(verified.log), ...checkUserspace(verified.log)]
  if ([...ofLog, ...checkIma(verified.log, null)].some(isHigh)) return null
  const held = appraiseReferences(verified.log, claimsOf(verified.log), input)
  const whole = held.variant === null ? wholeBoot(input, log) : null
  const changed =
    held.variant === null ? null : changedVariant(verified.log, held.variant, origin(input, log))
  const learnt = changed?.variant ?? whole
  if (learnt === null || isRefusedStill(input, learnt)) return null
  const { banks, variables, pcrs } = learnt
  const measured = { banks, variables, pcrs } as unknown as Json
  return {
    variant: learnt,
    nearest: held.variant?.name ?? null,
    sha256: digestHex('sha256', encodeCanonical(measured)),
    differences: differences(held.variant, learnt, changed?.unordered, held.chain),
    modules: newModules(held.variant, learnt),
  }
}

function newModules(nearest: ReferenceVariant | null, { kernel }: ReferenceVariant): string[] {
  const known = new Set(nearest?.kernel.modules?.map(({ sha256 }) => sha256))
  return (kernel.modules ?? []).filter(({ sha256 }) => !known.has(sha256)).map(({ path }) => path)
}

const isHigh = ({ severity }: Finding) => severity === 'high'
const origin = ({ evidence }: AppraisalInput, name: string) =>
  ({ kind: 'log', name, sha256: digestHex('sha256', evidence.eventLog!) }) as const

/** Whether there is another reason to refuse it, which no approval takes away, or no room to approve it. */
function isRefusedStill(input: AppraisalInput, learnt: ReferenceVariant): boolean {
  const references = roomFor(input.references, learnt)
  return references === null || appraiseEvidence({ ...input, references }).findings.some(isHigh)
}

/** With it approved; null: it holds more than a variant may, or there are as many variants as there may be. */
function roomFor(references: ReferenceValues | null, learnt: ReferenceVariant) {
  try {
    return withApproved(references, learnt)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return null
  }
}

const somebody = { by: 'nobody', at: '1970-01-01T00:00:00Z', why: 'what if' } as const

/**
 * The reference values with one variant more, as if somebody had approved it: to see what would come of it.
 * @throws {MalformedError} more than they may hold.
 */
export function withApproved(
  references: ReferenceValues | null,
  variant: ReferenceVariant,
  approval: { readonly by: string; readonly at: string; readonly why: string } = somebody,
): ReferenceValues {
  const own = approveReferences({ version: 2, variants: [variant] }, approval)
  return references === null ? own : mergeReferences([references, own])
}

function wholeBoot({ evidence, expectation }: AppraisalInput, log: string) {
  const pcrs = new Map(
    evidence.quotes.map(({ bank, pcrs: quoted }) => [
      bank,
      new Map(quoted.map(({ index, digest }) => [index, digest])),
    ]),
  )
  const named = { name: 'first boot', log }
  const learnt = learnReferences({ ...evidence, pcrs, profile: expectation.profile }, named)
  if (!('approval' in learnt)) return null
  const { [unlearnt]: _, ...own } = learnt.pcrs
  return { ...learnt, pcrs: own }
}

function differences(
  nearest: ReferenceVariant | null,
  learnt: ReferenceVariant,
  unordered: Otherwise | undefined,
  chain: readonly BootStage[],
): BootDifference[] {
  // A signature is verified of what PCR 4 measures, and of nothing else.
  const images = chain.filter(({ pcr }) => pcr === 4)
  const signers = new Map(images.map(({ digest, signer }) => [digest, signer]))
  const told = nearest === null ? rowsOf(learnt) : differencesOf(nearest, learnt, unordered)
  const seen = new Set<string>()
  return told.flatMap((one) => {
    const text = JSON.stringify(one)
    if (seen.has(text)) return []
    seen.add(text)
    return [{ ...one, signer: signers.get(one.after ?? '') ?? null }]
  })
}

/** All of a boot that nothing was foretold of. */
function rowsOf({ pcrs, banks }: ReferenceVariant): Omit<ReferenceDifference, 'variants'>[] {
  return Object.entries(pcrs).flatMap(([number, { events }]) => {
    const pcr = Number(number)
    return (events ?? []).map(({ component, description, digests }) => ({
      ...{ component, pcr, change: 'added' as const, before: null },
      digest: digests[banks[0]!] ?? null,
      after: pcr === 8 || pcr === 12 ? description : (digests[banks[0]!] ?? null),
      summary: `The ${component} (${description === '' ? 'no name' : description}) was measured into PCR ${pcr}.`,
    }))
  })
}
