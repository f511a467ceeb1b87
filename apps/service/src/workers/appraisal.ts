import {
  type AppraisalInput,
  type AttestationResult,
  appraiseEvidence,
  type BootChange,
  type ContinuedIma,
  checkPolicy,
  continueIma,
  type Expectation,
  encodeRecord,
  encodeReferenceValues,
  type Finding,
  type ImaState,
  learnChange,
  mergeReferences,
  type Policy,
  parseReferenceValues,
  RECORD_AUDIENCE,
  type ReferenceValues,
  remember,
  signTokensWith,
  type Tier,
  type VmMemory,
  withMemory,
} from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { Certificate, SigningKey } from '@trusted-launch/crypto'
import { kept } from './kept.ts'
import { revocationsMissingOf } from './revocations.ts'

/** Evidence, and all that its verdict is made with: plain values, for a thread. */
export interface AppraisalTask {
  readonly evidence: Evidence
  readonly expectation: Omit<Expectation, 'anchors' | 'intermediates' | 'givenKey' | 'activatedKey'>
  /** In DER. */
  readonly anchors: readonly Uint8Array[]
  /** As kept, each a file of its own; none: the verdict says so. */
  readonly references: readonly Uint8Array[]
  readonly policy: Policy
  /** Milliseconds since 1970. */
  readonly time: number
  readonly issuer: { readonly issuer: string; readonly lifetimeSeconds: number }
  /** PKCS #8 */
  readonly signer: Uint8Array
  /** What was known of this boot's IMA list; null: nothing. */
  readonly ima: ImaState | null
  /** Of the VM, with this question in it. */
  readonly memory: VmMemory
  /** How often its host started the vTPM, to hold its own count against; null: nobody can tell. */
  readonly hostResets: number | null
  /** What was found beside the evidence. */
  readonly beside: readonly Finding[]
}

/** A verdict, what made it, and what to remember. */
export interface AppraisalAnswer {
  /** Of all that was found. */
  readonly tier: Tier
  readonly findings: readonly Finding[]
  readonly claims: AttestationResult['claims']
  readonly evidence: AttestationResult['evidence']
  readonly record: Uint8Array
  /** The part of the record that other VMs' have too: its reference values. Null: none. */
  readonly shared: Uint8Array | null
  /** What this verdict itself does not make worse: that an earlier one failed, and nobody cleared that. */
  readonly earlier: readonly Finding[]
  readonly memory: VmMemory
  readonly ima: ImaState | null
  /** The variant that it was held against; null: none counted. */
  readonly variant: string | null
  /** Which boot it is of: the vTPM's resets; null: not shown. */
  readonly boot: number | null
  /** What the boot measured otherwise than it was to, to be approved or rejected; null: nothing that could be. */
  readonly change: BootChange | null
  /** How many of Microsoft's revocations its dbx lacks; null: not shown, or they are not about it. */
  readonly revocationsMissing: number | null
}

/** The verdict on evidence, its record, and the verdict in the light of what is known beside it. */
export function appraisalOf(task: AppraisalTask): AppraisalAnswer {
  const { references, written } = referencesOf(task.references)
  const input: AppraisalInput = {
    evidence: task.evidence,
    expectation: {
      ...task.expectation,
      anchors: anchorsOf(task.anchors),
    },
    references,
    policy: policyOf(task.policy),
    time: task.time,
  }
  const appraised = appraiseEvidence(input)
  const { result } = appraised
  const key = keyOf([task.signer])
  const issuer = { ...task.issuer, audience: RECORD_AUDIENCE, key: key.publicKey }
  const record = encodeRecord(input, appraised, issuer, signTokensWith(key))
  const ima = continued(task, result.counters?.resetCount ?? null)
  const judged = withMemory(result, { findings: [...ima.findings, ...task.beside] })
  const remembered = remember(
    task.memory,
    input,
    { ...appraised, result: judged, findings: judged.findings },
    task.hostResets,
  )
  const { true: earlier = [], false: own = [] } = Object.groupBy(remembered.findings, ({ id }) =>
    id === 'verdict.failed-before' ? 'true' : 'false',
  )
  const { tier, findings } = withMemory(judged, { findings: own })
  const { claims, evidence } = result
  const { variant } = appraised
  const change = result.tier === 'affirming' ? null : learnChange(input, nameOf(result))
  const next = { memory: remembered.next, ima: ima.next }
  const boot = result.counters?.resetCount ?? null
  const told = { tier, findings, earlier, claims, evidence }
  const revocationsMissing = revocationsMissingOf(input, claims)
  return { ...told, record, shared: written, ...next, variant, boot, change, revocationsMissing }
}

/** What a change is learnt from. */
function nameOf({ vm, time }: AttestationResult): string {
  return `evidence of ${vm} at ${time}`
}

const keyOf = kept((pkcs8) => SigningKey.fromPkcs8(pkcs8))
const anchorsOf = kept((...all) => all.map((der) => Certificate.decode(der)))
const policyOf = (policy: Policy) => policyIn([toUtf8(JSON.stringify(policy))])
const policyIn = kept((json) => checkPolicy(JSON.parse(fromUtf8(json))))
const referencesOf = kept((...files) => {
  const references = joined(files)
  return { references, written: references === null ? null : encodeReferenceValues(references) }
})

/** All variants of all files; null: there are none. */
function joined(files: readonly Uint8Array[]): ReferenceValues | null {
  const [first, ...more] = files.map((file) => parseReferenceValues(file))
  if (first === undefined) return null
  return more.length === 0 ? first : mergeReferences([first, ...more])
}

/**
 * Whether the list goes on from what it held earlier in the same boot. The whole list was replayed already: what
 * is asked here is that nobody left out or wrote anew what was vouched for before.
 */
function continued(
  { ima, evidence }: AppraisalTask,
  resetCount: number | null,
): Pick<ContinuedIma, 'findings' | 'next'> {
  const quoted = new Map(
    evidence.quotes.flatMap(({ bank, pcrs }) =>
      pcrs.filter(({ index }) => index === IMA_PCR).map(({ digest }) => [bank, digest] as const),
    ),
  )
  const { imaLog } = evidence
  if (resetCount === null || imaLog === null || quoted.size === 0)
    return { findings: [], next: ima }
  const offset = ima?.resetCount === resetCount ? ima.bytes : 0
  return continueIma(ima, {
    ...{ resetCount, offset, quoted },
    list: imaLog.subarray(offset),
  })
}

const IMA_PCR = 10
