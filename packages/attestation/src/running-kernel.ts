import { IMA_PCR } from '@trusted-launch/eventlog'
import type { Claims } from './claims.ts'
import type { FindingId } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedEventLog } from './verify-event-log.ts'

/** What is claimed of the kernel that runs, as far as the firmware started it. */
const ofTheKernel: readonly string[] = ['command-line', 'boot-phases']

/**
 * Entries of the IMA list that are no module of the kernel's, or that nobody can tell from one; and no list
 * at all of what PCR 10 holds. The kernel's own rules measure modules and kernels to be started in its
 * place (kexec), by no other name than the file's: each of them may be another kernel.
 */
const perhapsAnother: readonly FindingId[] = [
  'ima.unexpected-file',
  'module.untrusted',
  'reference-values.modules',
]

/**
 * The claims, those of the running kernel unverified where another may have taken its place: so say findings, or
 * nobody gave the value of the register where it would show. (At its start it shows that the kernel measured none.)
 */
export function claimsAfterKexec(
  claims: Claims,
  findings: readonly Finding[],
  { pcrs }: Pick<VerifiedEventLog, 'pcrs'>,
): Claims {
  // check 40
  if (!pcrs.has(IMA_PCR)) return withoutKernel(claims)
  // check 40
  if (findings.some(isOfAnother)) return withoutKernel(claims)
  return claims
}

function withoutKernel(claims: Claims): Claims {
  const withdrawn = Object.entries(claims).map(([name, claim]) =>
    ofTheKernel.includes(name) ? [name, { ...claim, verified: false }] : [name, claim],
  )
  return Object.fromEntries(withdrawn)
}

function isOfAnother({ id, pcr }: Finding): boolean {
  const withoutList = id === 'tolerated.register-without-log' && pcr === IMA_PCR
  return withoutList || perhapsAnother.includes(id as FindingId)
}
