/** A genuine log, and what somebody may make of it. */
import assert from 'node:assert/strict'
import {
  concat,
  decode,
  encode,
  fromLatin1,
  toLatin1,
  toUtf16le,
  u32le,
} from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  ACTION,
  buildEventLog,
  EV,
  encodeEventLog,
  type NewEvent,
  replay,
} from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES, type VariableName } from '@trusted-launch/uefi'
import {
  appraiseEventLog,
  type EventLogAppraisal,
  type EventLogInput,
} from '../src/appraise-event-log.ts'
import { CHECKS } from '../src/checks.ts'
import { PcrValues } from '../src/pcr-values.ts'
import type { Profile } from '../src/profile.ts'
import { VerifiedEventLog } from '../src/verify-event-log.ts'

export type Steps = NewEvent[]
export type Edit = (steps: Steps) => Steps

/** Its digest changed with its data, as firmware would that did this. */
export function measure(pcrIndex: number, eventType: number, data: Uint8Array): NewEvent {
  return { pcrIndex, eventType, data, digests: new Map([['sha256', digest('sha256', data)]]) }
}
export const act = (pcr: number, text: string) => measure(pcr, EV.EFI_ACTION, fromLatin1(text))
export const noAction = (pcrIndex: number, data: Uint8Array): NewEvent => ({
  ...measure(pcrIndex, EV.NO_ACTION, data),
  digests: new Map([['sha256', new Uint8Array(32)]]),
})
export const locality = (value: number) =>
  concat(fromLatin1('StartupLocality\0'), Uint8Array.of(value))
export const zeros = new Uint8Array(4)

export type Test = (event: NewEvent) => boolean
export const of =
  (pcr: number, eventType: number): Test =>
  (event) =>
    event.pcrIndex === pcr && event.eventType === eventType
export const says =
  (text: string): Test =>
  ({ data }) =>
    Buffer.from(data).includes(Buffer.from(fromLatin1(text)))
export const isVariable =
  ({ name }: VariableName, eventType: number = EV.EFI_VARIABLE_DRIVER_CONFIG): Test =>
  (event) =>
    event.eventType === eventType &&
    Buffer.from(event.data.subarray(32, 32 + 2 * name.length)).equals(toUtf16le(name))

/** The first that fits, replaced by these; there must be one. */
export function instead(fits: Test, put: (found: NewEvent) => readonly NewEvent[]): Edit {
  return (steps) => {
    const at = steps.findIndex(fits)
    assert.ok(at >= 0, 'nothing fits')
    return steps.toSpliced(at, 1, ...put(steps[at]!))
  }
}
export const drop = (fits: Test): Edit => instead(fits, () => [])
export const relabel = (fits: Test, eventType: number): Edit =>
  instead(fits, (found) => [{ ...found, eventType }])
export const before = (fits: Test, ...more: NewEvent[]): Edit =>
  instead(fits, (found) => [...more, found])
export const after = (fits: Test, ...more: NewEvent[]): Edit =>
  instead(fits, (found) => [found, ...more])
export const append =
  (...more: NewEvent[]): Edit =>
  (steps) => [...steps, ...more]

/** A variable measured with another value, or under another name. */
export function variable(
  name: VariableName,
  change: (held: UEFI_VARIABLE_DATA) => UEFI_VARIABLE_DATA,
): Edit {
  return instead(isVariable(name), (found) => {
    const held = decode(UEFI_VARIABLE_DATA, found.data)
    return [measure(7, found.eventType, encode(UEFI_VARIABLE_DATA, change(held)))]
  })
}
export const value = (name: VariableName, variableData: Uint8Array) =>
  variable(name, (held) => ({ ...held, variableData }))

/** The data says something else than what was measured. */
export function edited(fits: Test, change: (data: Uint8Array) => Uint8Array): Edit {
  return instead(fits, (found) => [{ ...found, data: change(found.data.slice()) }])
}
export const flip = (data: Uint8Array) => data.with(data.length - 1, data.at(-1)! ^ 1)

export const isEnd = says(ACTION.exitBootServicesInvocation)
export const isImage = of(4, EV.EFI_BOOT_SERVICES_APPLICATION)
export const authority = (name: VariableName) => isVariable(name, EV.EFI_VARIABLE_AUTHORITY)
export const separatorOf = (pcr: number) => of(pcr, EV.SEPARATOR)

export function relabelledLine(steps: Steps): Steps {
  const edit = instead(says('kernel_cmdline'), (found) => [
    { ...found, data: concat(fromLatin1('grub_cmd: '), found.data.subarray(16)) },
  ])
  return edit(steps)
}

const tags = [0x8f3b22ed, 0x6c46f751, 0xf5bc582a, 0x1234]
const prefixes = ['grub_cmd: ', 'kernel_cmdline: ', 'module_cmdline ']
const nul = new Uint8Array(1)

/** The same event, of which the log says something else that gives its digest all the same: other types, other data. */
export function toldOtherwise(one: NewEvent): NewEvent[] {
  const { data } = one
  const all = [...Object.values<number>(EV), 0x1234].filter((type) => type !== EV.NO_ACTION)
  const forms: (readonly [types: readonly number[], data: Uint8Array])[] = [
    [all, data],
    [[EV.IPL, EV.ACTION, EV.POST_CODE], concat(data, nul)],
    [[EV.EFI_VARIABLE_AUTHORITY], concat(data, nul)],
    [[EV.IPL], toUtf16le(toLatin1(data))],
    [[EV.IPL], data.subarray(0, -1)],
    ...tags.map((tag) => [[EV.EVENT_TAG], withTag(tag, data)] as const),
    ...prefixes.flatMap((prefix) =>
      [data, concat(data, nul)].map(
        (text) => [[EV.IPL], concat(fromLatin1(prefix), text)] as const,
      ),
    ),
    [[EV.EFI_VARIABLE_BOOT, EV.EFI_VARIABLE_BOOT2], inVariable(data)],
  ]
  return forms.flatMap(([types, told]) =>
    types.map((eventType) => ({ ...one, eventType, data: told })),
  )
}

const withTag = (tag: number, data: Uint8Array) =>
  concat(encode(u32le, tag), encode(u32le, data.length), data)
const inVariable = (variableData: Uint8Array) =>
  encode(UEFI_VARIABLE_DATA, {
    variableName: VARIABLES.BootOrder.guid,
    unicodeName: VARIABLES.BootOrder.name,
    variableData,
  })

/** By what is wrong with it: how it is made, and the finding that tells of it. */
export type Edits = Readonly<Record<string, readonly [Edit, string]>>

/** The log of these steps, held against what a TPM holds that was extended by those. */
export function appraise(
  steps: readonly NewEvent[],
  heldBy: readonly NewEvent[],
  profile: Profile,
) {
  const { pcrs } = replay(buildEventLog(['sha256'], heldBy), 'sha256')
  const values = new Map([...pcrs].map(([pcr, { value: held }]) => [pcr, held] as const))
  const bytes = encodeEventLog(buildEventLog(['sha256'], steps))
  const logs = { eventLog: bytes, imaLog: null, userspaceLog: null }
  const input = { ...logs, pcrs: new Map([['sha256' as const, values]]), profile }
  assertAbout(input)
  return appraiseEventLog(input)
}

/** What a check finds names none but the events that it says it is about. */
export function assertAbout(input: EventLogInput): void {
  const values = [...input.pcrs].map(([bank, pcrs]) => PcrValues.asGivenByCaller(bank, pcrs))
  const log = VerifiedEventLog.verify(input, values, input.profile)
  if (!(log instanceof VerifiedEventLog)) return
  for (const { title, run, about } of CHECKS) {
    const judged = new Set(about(log).map(({ index }) => index))
    for (const { id, events = [] } of run(log))
      for (const index of events) assert.ok(judged.has(index), `${title}: ${id} of event ${index}`)
  }
}

export const ids = ({ findings }: EventLogAppraisal) => findings.map(({ id }) => id)
