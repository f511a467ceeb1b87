import { toLatin1, withoutNuls } from '@trusted-launch/codec'
import { wideText } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import { printable } from '../printable.ts'
import { perLog, type VerifiedEvent, type VerifiedEventLog } from '../verify-event-log.ts'

const grubPcr = 8
const stubPcr = 12

/** A kernel command line, and the event that vouches for it. */
export interface CommandLine {
  readonly event: VerifiedEvent
  readonly text: string
}

/** GRUB's kernel command lines, and a stub's (UTF-16), that PCR 8 or 12 vouches for. */
export const commandLines = perLog((log): readonly CommandLine[] =>
  [grubPcr, stubPcr].flatMap((pcr) =>
    log.eventsOf(pcr).flatMap((event) => {
      const text = lineOf(event)
      return text === null ? [] : [{ event, text }]
    }),
  ),
)

/** What is measured in UTF-16 is a stub's line, whatever it is told as; GRUB's is one by how it is told. */
function lineOf({ data: bytes, explanation: { covers, data } }: VerifiedEvent): string | null {
  if (covers === null) return null
  const wide = wideText(bytes.subarray(covers.start, covers.end))
  // Windows' tags have zeros in the same places.
  if (wide !== null && printable(wide) === wide) return wide
  const isTold = data.kind === 'ipl' && (data.by === 'kernel_cmdline' || data.by === 'utf16')
  return isTold ? data.text : null
}

/**
 * Whether these are all there are: another may be told as userspace's measurement, or as something else, or
 * as a command where GRUB's commands do not tell which is which. It does not show who measured them: root
 * can extend PCR 8 and 12, too.
 */
export function linesAreAll(log: VerifiedEventLog): boolean {
  const [grub, stub] = [grubPcr, stubPcr].map((pcr) => log.eventsOf(pcr))
  const isText = grub!.every(({ explanation }) => explanation.verified)
  const isClear = grub!.length <= 1 || grubCommands(log).some((command) => command !== null)
  const isStubs = stub!.every((event) => lineOf(event) !== null)
  return log.isWhole(grubPcr) && log.isWhole(stubPcr) && isText && isClear && isStubs
}

/**
 * At most one kernel command line: which of two was used, no log tells. A loader and the stub it starts
 * may both measure the same one; on our own machines none does.
 */
function oneCommandLine(log: VerifiedEventLog): Occurrence[] {
  const found = commandLines(log)
  const texts = found.map(({ text }) => text)
  const count = log.profile === 'strict' ? texts.length : new Set(texts).size
  if (count <= 1) return []
  return [
    {
      id: 'kernel-command-line.count',
      summary: `${count} kernel command lines were measured; only one can have been used.`,
      pcr: found[0]!.event.pcrIndex,
      events: found.map(({ event }) => event.index),
      expected: '1',
      actual: `${count}`,
    },
  ]
}

const linuxCommand = /^linux(?:efi|16)?\s+(.*)$/s

/**
 * GRUB's prefixes are not measured, its texts are: whatever its kind is said to be, `linux X` is the
 * command, and what is measured next must be the command line X, and is one nowhere else.
 */
function linesFollowCommands(log: VerifiedEventLog): Occurrence[] {
  const events = log.eventsOf(grubPcr)
  const commands = grubCommands(log)
  if (commands.every((command) => command === null)) return []
  return events.flatMap((event, i): Occurrence[] => {
    const command = i === 0 ? null : commands[i - 1]!
    const isLine = isCommandLine(event)
    const wanted = command !== null && plain(command) === plain(measuredText(event))
    const last = i === events.length - 1 && commands[i] !== null
    if (isLine ? wanted : command === null && !last) return []
    return [
      {
        id: 'kernel-command-line.disguised',
        summary: isLine
          ? 'A kernel command line is logged that no command of GRUB gave.'
          : 'The kernel command line is logged as something else.',
        pcr: grubPcr,
        events: [event.index],
      },
    ]
  })
}

/** Of each event of GRUB's, in order. */
const grubCommands = perLog((log) => log.eventsOf(grubPcr).map(commandOf))

/** What follows `linux` in a command of GRUB's; null: it is none. */
function commandOf(event: VerifiedEvent): string | null {
  return linuxCommand.exec(measuredText(event))?.[1] ?? null
}

function isCommandLine({ explanation: { data, verified } }: VerifiedEvent): boolean {
  return verified && data.kind === 'ipl' && data.by === 'kernel_cmdline'
}

/** What the digest vouches for, as text; empty where it vouches for nothing. */
function measuredText({ data, explanation: { covers } }: VerifiedEvent): string {
  if (covers === null) return ''
  return withoutNuls(toLatin1(data.subarray(covers.start, covers.end)))
}

/** GRUB puts an argument with blanks into quotes in one of the two, and escapes what is in it. */
function plain(text: string): string {
  return text.replace(/["'\\]/g, '').trim()
}

/**
 * A policy by name stands before the kernel's own rules: what those measure, modules first, may stay unmeasured. A
 * form of its own says in another order what was measured. With bootconfig the initrd may say either. To the
 * kernel a dash in a name is an underscore (kernel/params.c, parameqn). The old names of two policies hold whatever
 * follows them (init/main.c, obsolete_checksetup).
 */
const choosesMeasurements =
  /\b(?:ima[_-](?:policy=|template[_-]fmt=|(?:appraise[_-])?tcb)\S*|bootconfig\b)/

function noImaPolicy(log: VerifiedEventLog): Occurrence[] {
  return commandLines(log).flatMap(({ event, text }): Occurrence[] => {
    const [policy] = choosesMeasurements.exec(text) ?? []
    if (policy === undefined) return []
    return [
      {
        id: 'kernel-command-line.ima-policy',
        summary: 'The command line chooses what the kernel measures: modules may be missing.',
        pcr: event.pcrIndex,
        events: [event.index],
        expected: 'no ima_policy=, ima_tcb, ima_appraise_tcb, ima_template_fmt=, bootconfig',
        actual: printable(policy.slice(0, 256)),
      },
    ]
  })
}

const lines = (log: VerifiedEventLog) => commandLines(log).map(({ event }) => event)

export const commandLineChecks: readonly Check[] = [
  { number: 37, title: 'one kernel command line', run: oneCommandLine, about: lines },
  {
    ...{ number: 37, title: 'command lines follow their commands', run: linesFollowCommands },
    about: (log) =>
      grubCommands(log).some((command) => command !== null) ? log.eventsOf(grubPcr) : [],
  },
  {
    ...{ number: 40, title: "the kernel's own rules say what is measured", run: noImaPolicy },
    about: lines,
  },
]
