import { digestHex } from '@trusted-launch/crypto'
import { findingOf } from '../finding-table.ts'
import type { Finding } from '../result.ts'
import { type Comparable, differencesOf, unencryptedState } from './host-statement.ts'

/** A program as it was started, or as the kernel says that it runs. */
export interface Invocation {
  /** The program's file. */
  readonly program: string
  /** Where it works: its arguments name files from there. */
  readonly directory: string
  readonly arguments: readonly string[]
}

type Stated = 'firmwareSha256' | 'variables' | 'generation' | 'ekName' | 'akName'

/**
 * What the program that drives a host can say of it without a statement: both are one process. What nobody asked for,
 * or the host does not know, is not there.
 */
export interface HostPart extends Partial<Pick<Comparable, Stated>> {
  readonly vtpmStateEncrypted?: boolean
  readonly qemu?: Invocation
  /** SHA-256 of the variable store's whole file, hexadecimal: when the VM started, and when it had stopped before. */
  readonly store?: string
}

/** SHA-256 of the one byte 0. */
const ZERO = digestHex('sha256', Uint8Array.of(0))

/**
 * What a host runs a VM with, held against what it was asked to, part by part of what was asked. A CustomMode that is 0
 * and one that is not there are the same: the firmware writes the 0 when it first boots. The whole variable store is
 * compared from a stop to the start after it alone: in between the firmware writes there.
 *
 * QEMU's arguments are the kernel's word for how it was started. What was asked of its monitor since, or what a guest
 * that broke into it made of it, they do not show.
 */
export function compareHostPart(actual: HostPart, wanted: HostPart): Finding[] {
  const { qemu, vtpmStateEncrypted, store, ...stated } = wanted
  const { qemu: running, vtpmStateEncrypted: isEncrypted, store: started, ...found } = actual
  const findings = differencesOf<Stated>(withCustomMode(found), withCustomMode(stated))
  if (store !== undefined && started !== undefined && store !== started)
    findings.push(storeDiffers(store, started))
  if (vtpmStateEncrypted === true && isEncrypted === false) findings.push(unencryptedState())
  if (qemu !== undefined && running !== undefined)
    findings.push(...compareInvocations(running, qemu))
  return findings
}

function storeDiffers(stopped: string, started: string): Finding {
  return findingOf({
    id: 'host.variables',
    summary: 'The variable store was changed while the VM was stopped, and not by its host.',
    expected: `sha256:${stopped}`,
    actual: `sha256:${started}`,
  })
}

function withCustomMode(part: Pick<HostPart, Stated>): Pick<HostPart, Stated> {
  const { variables } = part
  if (variables === undefined) return part
  return { ...part, variables: { ...variables, CustomMode: variables.CustomMode ?? ZERO } }
}

/** An argument is told so far, and so many of them. */
const CHARS_MAX = 300
const TOLD_MAX = 8

/** How QEMU runs, held against how it was to be started: each argument more, less, or in another place is named. */
function compareInvocations(actual: Invocation, wanted: Invocation): Finding[] {
  const [runs, asked] = [linesOf(actual), linesOf(wanted)]
  const [more, less] = [without(runs, asked), without(asked, runs)]
  if (more.length + less.length > 0) return [differs(less, more)]
  const moved = runs.filter((line, i) => line !== asked[i])
  return moved.length === 0
    ? []
    : [
        differs(
          asked.filter((line, i) => line !== runs[i]),
          moved,
        ),
      ]
}

function differs(expected: readonly string[], actual: readonly string[]): Finding {
  const said = [
    ...(actual.length === 0 ? [] : [`it runs with ${told(actual, ', ')}`]),
    ...(expected.length === 0 ? [] : [`it was to run with ${told(expected, ', ')}`]),
  ]
  const summary = `QEMU does not run as its host was to start it: ${said.join('; ')}.`
  return findingOf({
    id: 'host.machine',
    summary,
    expected: expected.length === 0 ? 'nothing more' : told(expected, '\n'),
    actual: actual.length === 0 ? 'nothing more' : told(actual, '\n'),
  })
}

function told(lines: readonly string[], between: string): string {
  const shown = lines.slice(0, TOLD_MAX).map((line) => line.slice(0, CHARS_MAX))
  const more = lines.length - shown.length
  return [...shown, ...(more === 0 ? [] : [`${more} more`])].join(between)
}

/** Program, place, and each option with its value. */
function linesOf({ program, directory, arguments: all }: Invocation): string[] {
  const lines = [`program ${program}`, `directory ${directory}`]
  let isOpen = false
  for (const each of all) {
    const isOption = each.startsWith('-')
    if (isOption || !isOpen) lines.push(each)
    else lines.push(`${lines.pop()} ${each}`)
    isOpen = isOption
  }
  return lines
}

/** What is left of some lines when others are taken out, each as often as it is there. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return lines.filter((line) => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
