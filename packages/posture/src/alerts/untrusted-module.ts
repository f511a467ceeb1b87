import type { Finding } from '@trusted-launch/attestation'
import type { AlertField } from '../alert.ts'
import { meaningOf } from '../meanings.ts'
import type { Observed } from '../observation.ts'
import { verified } from '../reasons.ts'
import { kept, type Occurrence } from './occurrence.ts'

/** So many modules of one VM have alerts of their own: a guest can name any number of them. */
const modulesMax = 32

/**
 * A module that the kernel read and its key did not sign, one occurrence for each. Whether it was loaded no
 * evidence shows: a kernel under lockdown, as Secure Boot makes one, refused it; another may have taken it, and
 * then it is medium.
 */
export function untrustedModules({ result }: Observed<'verdict'>): Occurrence[] {
  const found = result.findings.filter(
    ({ id }) => meaningOf(id).raises?.type === 'VM_UntrustedKernelModule',
  )
  const isLocked = verified(result, 'secure-boot') === true
  const byModule = [...Map.groupBy(found, ({ component }) => component)]
  const evidence = result.evidence?.sha256 ?? null
  const about = { type: 'VM_UntrustedKernelModule', evidence } as const
  const named = byModule.slice(0, modulesMax).map(([component, findings]) => ({
    ...about,
    cause: component,
    severity: severityOf(findings, isLocked),
    summary: isLocked
      ? `The kernel refused ${component}: its key did not sign it.`
      : `The kernel read ${component}, which its key did not sign, and may have loaded it: it is not under lockdown.`,
    findings: kept(findings, evidence),
    fields: fieldsOf(component, findings, isLocked),
  }))
  const rest = byModule.slice(modulesMax).flatMap(([, findings]) => findings)
  if (rest.length === 0) return named
  const more = {
    ...about,
    cause: 'more',
    severity: severityOf(rest, isLocked),
    summary: `${byModule.length - modulesMax} more modules are not signed by the kernel's key.`,
    findings: kept(rest, evidence),
    fields: [],
  }
  return [...named, more]
}

function severityOf(findings: readonly Finding[], isLocked: boolean): 'low' | 'medium' {
  const isWorse = findings.some(({ severity }) => severity === 'medium' || severity === 'high')
  return isLocked && !isWorse ? 'low' : 'medium'
}

/** Only what PCR 10 vouches for is measured; a line of the kernel's log is a guest's word. */
function fieldsOf(
  component: string,
  findings: readonly Finding[],
  isLocked: boolean,
): AlertField[] {
  const name = component.replace(/^kernel module /, '')
  const measured = findings.find(({ pcr, actual }) => pcr !== null && actual !== null)
  const told = findings.filter(({ pcr }) => pcr === null)
  return [
    { name: 'module', value: name, source: measured === undefined ? 'unverified' : 'hint' },
    ...(measured === undefined
      ? []
      : [{ name: 'digest', value: measured.actual!, source: 'measured' } as const]),
    { name: 'refused', value: isLocked ? 'yes' : 'not known', source: 'inferred' },
    ...told.map(({ actual, summary }) => ({
      name: 'kernel-log',
      value: actual ?? summary,
      source: 'unverified' as const,
    })),
  ]
}
