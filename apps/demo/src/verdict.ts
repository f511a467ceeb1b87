import { ArmError } from '@trusted-launch/api'
import type { AttestationResult, Finding } from '@trusted-launch/attestation'
import type { ReferenceFile } from './references.ts'
import type { Scenario } from './scenarios.ts'
import type { Performance } from './staged-host.ts'

/** How a scenario ended: the verifier's tier, or who refused before there was anything to verify. */
export type Outcome = 'affirming' | 'warning' | 'contraindicated' | 'boot-refused' | 'start-refused'

/** What came of a VM's last boot. */
export interface End {
  /** Null: there is no verdict, by a fault that was not asked for. */
  readonly outcome: Outcome | null
  /** What is wrong, by its name; null when nothing is. */
  readonly component: string | null
  /** Who noticed or stopped it, and how, in one sentence. */
  readonly told: string
  readonly findings: readonly string[]
  /** The appraisal record, an absolute path; null when it never came to an appraisal. */
  readonly evidence: string | null
  readonly result: AttestationResult | null
}

/** What its operator is told besides. */
export interface Raised {
  /** The component is the one that is concerned, or several. */
  readonly alerts: readonly {
    readonly alertType: string
    readonly severity: string
    readonly component: string
  }[]
  /** Keys of the assessments that are not healthy. */
  readonly recommendations: readonly string[]
}

/** Of a VM that there is not. */
export const NOTHING_RAISED: Raised = Object.freeze({ alerts: [], recommendations: [] })

/** What came of one scenario. */
export interface Verdict extends End, Raised {
  readonly name: string
  readonly story: string
  readonly expected: Outcome | null
  /** SHA-256 of the reference values: as made before the first boot, and at the end; null: never made. */
  readonly references: { readonly before: string | null; readonly after: string | null }
  readonly bootMs: number
}

export const asExpected = ({ expected, outcome }: Verdict): boolean =>
  outcome !== null && (expected === null || outcome === expected)

/** What came of a scenario, in the end. Where something was changed, its component is never null. */
export function verdictOn(
  { name, story, expected, target }: Scenario,
  end: End,
  file: ReferenceFile | null,
  bootMs: number,
  raised: Raised = NOTHING_RAISED,
): Verdict {
  const isUnseen = end.outcome === 'affirming' && target !== null
  const told = isUnseen
    ? `nobody noticed: ${target} changed nothing that is measured at boot`
    : end.told
  const component = end.component ?? target
  const references = { before: file?.before ?? null, after: file?.sha256() ?? null }
  const about = { name, story, expected, ...end, ...raised }
  return { ...about, component, told, references, bootMs: Math.round(bootMs) }
}

/** @throws {Error} no verdict: tier `none`. */
export function appraised(result: AttestationResult, evidence: string): End {
  const worst = worstOf(result.findings)
  if (result.tier === 'none') throw new Error(worst?.summary ?? 'there is no verdict')
  return {
    outcome: result.tier,
    component: worst?.component ?? null,
    told:
      worst === undefined
        ? 'the verifier checked every event, and all is as foretold'
        : `the verifier noticed (${worst.component}): ${worst.summary}`,
    findings: [...new Set(result.findings.map(({ id }) => id))],
    evidence,
    result,
  }
}

const gravity = ['info', 'low', 'medium', 'high']

/** The gravest finding that lowers the tier, the first of its kind. */
function worstOf(findings: readonly Finding[]): Finding | undefined {
  const grave = findings.filter(({ severity }) => severity !== 'info')
  return grave.sort((a, b) => gravity.indexOf(b.severity) - gravity.indexOf(a.severity))[0]
}

/** Each is verified by another before it runs. */
const refusals = {
  loader: 'the firmware refused to run the loader',
  GRUB: 'shim refused to run GRUB',
  kernel: 'GRUB, by asking shim, refused to run the kernel',
}

/**
 * A refusal to start or to boot as an end; null for any other way. `evenStuck`: a guest that did not come
 * up for another reason than its signatures counts as well.
 */
export function refused(
  { boot, refusal }: Pick<Performance, 'boot' | 'refusal'>,
  evenStuck: boolean,
): End | null {
  if (refusal !== null) {
    const { component, message, code } = refusal
    return ended('start-refused', component, `the host did not start it: ${message}`, code)
  }
  if (boot?.kind === 'silent')
    return stuck(evenStuck, {
      message: 'no answer of the agent',
      lastLine: '',
      code: 'agent-silent',
    })
  if (boot?.kind !== 'failed') return null
  const { code, component, confirmed } = boot
  if (code !== 'secure-boot-violation' || !isRefuser(component)) return stuck(evenStuck, boot)
  const sure = confirmed ? ' (confirmed on the stopped disk)' : ' (by the console alone)'
  const why = 'it is not signed by a key that this VM trusts, or was changed'
  return ended('boot-refused', component, `${refusals[component]}: ${why}${sure}`, code)
}

function isRefuser(component: string | null): component is keyof typeof refusals {
  return component !== null && Object.hasOwn(refusals, component)
}

function stuck(
  evenStuck: boolean,
  { code, message, lastLine }: { code: string; message: string; lastLine: string },
): End | null {
  if (!evenStuck || code === 'machine-crashed' || code === 'vtpm-lost') return null
  const why = lastLine === '' ? message : `${message}; last on its console: ${lastLine}`
  const told = `nobody was seen to refuse it: ${why} (--keep leaves its disk and console to look at)`
  return ended('boot-refused', null, told, code)
}

/** An end without a verdict. */
export function failed(e: unknown): End {
  const code = e instanceof ArmError ? e.fault.code : 'error'
  return ended(null, null, e instanceof Error ? e.message : String(e), code)
}

function ended(outcome: Outcome | null, component: string | null, told: string, id: string): End {
  return { outcome, component, told, findings: [id], evidence: null, result: null }
}
