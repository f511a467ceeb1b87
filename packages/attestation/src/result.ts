import type { Json } from './canonical-json.ts'

/** How bad a finding is. `info` lowers no tier; `low` and `medium` make a warning; `high` refuses. */
export type Severity = 'info' | 'low' | 'medium' | 'high'

/**
 * The verdict's tier, AR4SI's and EAR's: `affirming` nothing wrong was found; `warning` something a
 * person should look at; `contraindicated` do not trust; `none` there is no verdict.
 * @see draft-ietf-rats-ear, "Trust Tiers"; draft-ietf-rats-ar4si
 */
export type Tier = 'none' | 'affirming' | 'warning' | 'contraindicated'

/** One thing that is wrong, or worth saying. Its `id` is stable; its words are not. */
export interface Finding {
  /** E.g. `eventlog.separator.missing`. */
  readonly id: string
  /** In a person's words: `kernel command line`, `kernel module dummy`. */
  readonly component: string
  /** What is wrong, one sentence. */
  readonly summary: string
  readonly severity: Severity
  /** Null: about no one register. */
  readonly pcr: number | null
  /** Indexes into the firmware's event log (or the IMA list, for `ima.` and `module.` ids). */
  readonly events: readonly number[]
  readonly expected: string | null
  readonly actual: string | null
  /** Whether the VM's owner can mend it without making the VM anew. */
  readonly recoverable: boolean
  /** What to do, one sentence. */
  readonly advice: string
}

/** Something the evidence says. Policy reads only verified ones. */
export interface Claim {
  readonly value: Json
  /** Whether every byte it rests on was hashed again and is vouched for by a quoted PCR. */
  readonly verified: boolean
  /** Indexes of the events that vouch for it. */
  readonly events: readonly number[]
}

/** One row of the boot chain, for people. */
export interface BootStage {
  /** `firmware`, `shim`, `GRUB`, `kernel`, `kernel command line`, `initrd` … */
  readonly stage: string
  /** What ran: a path, a command line, a name out of reference values; `unknown` where none tells. */
  readonly what: string
  /** As measured in the quoted bank, hexadecimal. */
  readonly digest: string
  /** Who signed it, as the measured authority says; null when nothing signed it. */
  readonly signer: string | null
  readonly pcr: number
  readonly event: number
  readonly verdict: 'expected' | 'changed' | 'unexpected' | 'not-compared'
}

/**
 * The verdict on one piece of evidence: a function of evidence, expectation, reference values,
 * policy and time only. Plain JSON; the same inputs give the same bytes.
 */
export interface AttestationResult {
  readonly version: 1
  readonly vm: string
  readonly generation: number
  readonly tier: Tier
  /** RFC 3339, UTC: when it was appraised, as passed in. */
  readonly time: string
  /** Hexadecimal. */
  readonly nonce: string
  readonly bank: string | null
  /** The PCRs that were quoted; null: no quote is verified. */
  readonly pcrs: readonly number[] | null
  /** What the quotes cover for a relying party besides the VM's state; null: nothing, or no quote is verified. */
  readonly binding: { readonly jwk: Json; readonly nonce: string | null } | null
  readonly findings: readonly Finding[]
  readonly claims: { readonly [name: string]: Claim }
  readonly chain: readonly BootStage[]
  readonly counters: {
    readonly resetCount: number
    readonly restartCount: number
    readonly clock: string
    readonly safe: boolean
  } | null
  /** The extend-only index to expect next time; null: not certified. */
  readonly rollback: { readonly value: string } | null
  readonly policy: { readonly id: string; readonly sha256: string }
  readonly references: { readonly sha256: string } | null
  /** Null: there was none. */
  readonly evidence: { readonly sha256: string } | null
  readonly expectation: { readonly sha256: string }
}

const order: readonly Tier[] = ['affirming', 'warning', 'contraindicated']
const tierOf: Readonly<Record<Severity, Tier>> = {
  info: 'affirming',
  low: 'warning',
  medium: 'warning',
  high: 'contraindicated',
}

/** The worst finding's tier; `affirming` without any. A severity that is none weighs the most. */
export function tierOfFindings(findings: readonly Finding[]): Tier {
  let worst = 0
  for (const { severity } of findings) {
    const weight = order.indexOf(tierOf[severity])
    if (weight === -1) return 'contraindicated'
    worst = Math.max(worst, weight)
  }
  return order[worst]!
}

/** Whether one of these, all of what evidence is, refuses it: of refused evidence no claim is verified. */
export function refuses(findings: readonly Finding[]): boolean {
  return tierOfFindings(findings) === 'contraindicated'
}
