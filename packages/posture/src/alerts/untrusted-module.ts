import type { Finding } from '@trusted-launch/attestation'
import type { AlertField } from '../alert.ts'
import type { Verdict } from '../machine.ts'
import { meaningOf } from '../meanings.ts'
import type { Observed } from '../observation.ts'
import { verified } from '../reasons.ts'
import { kept, type Occurrence } from './occurrence.ts'

/** So many modules of one VM have alerts of their own: a guest can name any number of them. */
const modulesMax = 32
const type = 'VM_UntrustedKernelModule'

/** One module, and what is said of it. */
interface Told {
  readonly component: string
  readonly findings: readonly Finding[]
  /** What PCR 10 vouches for, each file of that name by itself; none: only the kernel's log tells of it. */
  readonly measured: readonly Finding[]
  /** What the guest says that its kernel wrote. */
  readonly lines: readonly string[]
}

/**
 * A module that the kernel read and its key did not sign, or that the kernel's log tells of, one occurrence for each.
 * Whether it was loaded no evidence shows: a kernel under lockdown, as Secure Boot makes one, refused it; another may
 * have taken it, and then it is medium.
 * @param known causes that have alerts already: they keep them, and count.
 */
export function untrustedModules(
  { result }: Observed<'verdict'>,
  known: readonly string[],
): Occurrence[] {
  const found = result.findings.filter(({ id }) => meaningOf(id).raises?.type === type)
  const all = [...Map.groupBy(found, ({ component }) => component)]
    .map(([component, findings]) => toldOf(component, findings, result))
    .filter(({ measured, lines }) => measured.length > 0 || lines.some(isDistrust))
  const isKnown = ({ component }: Told) => known.includes(component)
  const news = all.filter((one) => !isKnown(one))
  const room = Math.max(0, modulesMax - known.length)
  const named = [...all.filter(isKnown), ...news.slice(0, room)].map((one) => ofModule(one, result))
  const rest = news.slice(room)
  return rest.length === 0 ? named : [...named, more(rest, result)]
}

function toldOf(component: string, findings: readonly Finding[], result: Verdict): Told {
  const measured = findings.filter(({ pcr }) => pcr !== null)
  return { component, findings, measured, lines: linesOf(component, result) }
}

/** The kernel's lines that begin with a module's name; of `kernel module`, those that name none. */
function linesOf(component: string, { claims }: Verdict): string[] {
  const value = Object.hasOwn(claims, 'module-messages') ? claims['module-messages']!.value : []
  const lines = Array.isArray(value) ? value.filter((line) => typeof line === 'string') : []
  const name = nameOf(component)
  const isOf = (line: string) =>
    name === component ? !/^[\w-]+: /.test(line) : line.startsWith(`${name}: `)
  return lines.filter(isOf).slice(0, 16)
}

/** That a kernel is tainted by a licence, or by a module from outside, is no distrust. */
function isDistrust(line: string): boolean {
  return /verification failed|is rejected|is restricted|trusted key/.test(line)
}

function nameOf(component: string): string {
  return component.replace(/^kernel module /, '')
}

function ofModule({ component, findings, measured, lines }: Told, result: Verdict): Occurrence {
  const isLocked = verified(result, 'secure-boot') === true
  const evidence = result.evidence?.sha256 ?? null
  return {
    ...{ type, cause: component, evidence, findings: kept(findings, evidence) },
    severity: severityOf(findings, isLocked),
    summary: summaryOf(component, measured, isLocked),
    fields: fieldsOf(component, measured, lines, isLocked),
  }
}

function more(rest: readonly Told[], result: Verdict): Occurrence {
  const findings = rest.flatMap((one) => one.findings)
  const evidence = result.evidence?.sha256 ?? null
  return {
    ...{ type, cause: 'more', evidence, findings: kept(findings, evidence), fields: [] },
    severity: severityOf(findings, verified(result, 'secure-boot') === true),
    summary: `${rest.length} more modules are not signed by the kernel's key.`,
  }
}

function severityOf(findings: readonly Finding[], isLocked: boolean): 'low' | 'medium' {
  const isGraver = findings.some(({ severity }) => severity === 'medium' || severity === 'high')
  return isLocked && !isGraver ? 'low' : 'medium'
}

function summaryOf(component: string, measured: readonly Finding[], isLocked: boolean): string {
  if (measured.length === 0)
    return `The guest says that its kernel did not trust ${component}: nothing vouches for that.`
  if (isLocked) return `The kernel refused ${component}: its key did not sign it.`
  return `The kernel read ${component}, which its key did not sign, and may have loaded it: it is not under lockdown.`
}

/** Only what PCR 10 vouches for is measured; a line of the kernel's log is a guest's word. */
function fieldsOf(
  component: string,
  measured: readonly Finding[],
  lines: readonly string[],
  isLocked: boolean,
): AlertField[] {
  const source = measured.length === 0 ? 'unverified' : 'hint'
  // A rule is about an alert all of whose digests it names: of a file without one it cannot be.
  const digests = new Set(measured.map(({ actual }) => actual ?? 'not known'))
  const fields: (AlertField | null)[] = [
    component === nameOf(component) ? null : { name: 'module', value: nameOf(component), source },
    ...[...digests].map((value): AlertField => ({ name: 'digest', value, source: 'measured' })),
    { name: 'refused', value: isLocked ? 'yes' : 'not known', source: 'inferred' },
    ...lines.map((value): AlertField => ({ name: 'kernel-log', value, source: 'unverified' })),
  ]
  return fields.filter((field) => field !== null)
}
