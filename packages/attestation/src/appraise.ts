import { toHex } from '@trusted-launch/codec'
import type { AppraisalInput } from './appraisal-input.ts'
import { appraiseReferences } from './appraise-references.ts'
import { isOfImaList } from './check-ima.ts'
import { checkUserspace } from './check-userspace.ts'
import { runChecks } from './checks.ts'
import { type Claims, claimsOf, unverified } from './claims.ts'
import { conclude } from './conclude.ts'
import type { RollbackState } from './expectation.ts'
import { advisedForImport } from './imported/advice.ts'
import { keyClaims } from './key-claims.ts'
import { reportedModules, withModuleMessages } from './module-messages.ts'
import { applyPolicy } from './policy.ts'
import { type AttestationResult, type BootStage, type Finding, refuses } from './result.ts'
import { claimsAfterKexec } from './running-kernel.ts'
import { tellFindings } from './tell-findings.ts'
import { verifyEvidence } from './verify-evidence.ts'

/** A verdict, and what to remember for the next one. */
export interface Appraised {
  readonly result: AttestationResult
  readonly findings: readonly Finding[]
  readonly claims: Claims
  readonly chain: readonly BootStage[]
  /** The name of the variant that it was held against, the nearest; null: none counted. */
  readonly variant: string | null
  /** Null: the recorded state stays as it is. */
  readonly rollback: RollbackState | null
  /** SHA-256 fingerprint of the anchor that the AK's certificate leads to; null: none. */
  readonly anchor: string | null
  /** False: the AK was refused, or its certificate never looked at; a finding says why. */
  readonly keyVerified: boolean
}

/**
 * The verdict on one piece of evidence. The order is fixed and each step is needed by the next: the
 * attestation key, the quotes, the logs, what they mean, what they ought to be, what policy wants.
 * A step that fails ends it: nothing is said about what could not be verified. Of evidence that is refused for what
 * it is (its quotes' index, its logs, its IMA list) no claim is verified but what the AK's certificate alone says;
 * that a boot is not as foretold, or not as policy wants, refuses no evidence.
 *
 * It reads no clock and draws nothing: the same inputs give the same bytes. It does not know whether
 * the nonce was used before: that is for who stores nonces.
 */
export function appraiseEvidence(input: AppraisalInput): Appraised {
  const verified = verifyEvidence(input)
  const { key, log, quotes } = verified
  let { findings } = verified
  let claims: Claims = {}
  let chain: readonly BootStage[] = []
  let variant: string | null = null
  if (log !== null && key !== null) {
    const bootCounter = quotes[0]!.clockInfo.resetCount
    claims = keyClaims(key, input.expectation, claimsOf(log, bootCounter))
    const { findings: held, chain: ran, ...nearest } = appraiseReferences(log, claims, input)
    const ofLog = [...runChecks(log), ...checkUserspace(log)]
    claims = claimsAfterKexec(claims, [...ofLog, ...held], log)
    const reported = reportedModules(input.evidence)
    const ofPolicy = applyPolicy(input.policy, { claims })
    findings = [...findings, ...ofLog, ...held, ...reported, ...ofPolicy]
    const ofEvidence = [...verified.findings, ...ofLog, ...held.filter(isOfImaList)]
    if (refuses(ofEvidence)) claims = keyClaims(key, input.expectation, unverified(claims))
    claims = withModuleMessages(claims, input.evidence)
    chain = ran
    variant = nearest.variant?.name ?? null
  }
  const told = tellFindings(
    input.expectation.givenKey === undefined ? findings : advisedForImport(findings),
  )
  const result = conclude(input, input.evidence, verified, told, claims, chain)
  const anchor = verified.key?.chain.at(-1) ?? null
  return {
    result,
    findings: told,
    claims,
    chain,
    variant,
    rollback: verified.rollback,
    anchor: anchor === null ? null : toHex(anchor.fingerprint),
    keyVerified: verified.key !== null,
  }
}
