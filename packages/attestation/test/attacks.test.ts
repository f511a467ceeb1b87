import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, fromLatin1, toUtf16le } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  ACTION,
  buildEventLog,
  decodeEventLog,
  EV,
  encodeEventLog,
  type NewEvent,
  replay,
} from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES, type VariableName } from '@trusted-launch/uefi'
import { appraiseEventLog, type EventLogAppraisal } from '../src/appraise-event-log.ts'
import { PROFILES, type Profile } from '../src/profile.ts'
import { eventLog, events as genuine } from './recorded.ts'

type Steps = NewEvent[]
type Edit = (steps: Steps) => Steps

/** Its digest changed with its data, as firmware would that did this. */
function measure(pcrIndex: number, eventType: number, data: Uint8Array): NewEvent {
  return { pcrIndex, eventType, data, digests: new Map([['sha256', digest('sha256', data)]]) }
}
const act = (pcr: number, text: string) => measure(pcr, EV.EFI_ACTION, fromLatin1(text))
const noAction = (pcrIndex: number, data: Uint8Array): NewEvent => ({
  ...measure(pcrIndex, EV.NO_ACTION, data),
  digests: new Map([['sha256', new Uint8Array(32)]]),
})
const locality = (value: number) => concat(fromLatin1('StartupLocality\0'), Uint8Array.of(value))
const zeros = new Uint8Array(4)

type Test = (event: NewEvent) => boolean
const of =
  (pcr: number, eventType: number): Test =>
  (event) =>
    event.pcrIndex === pcr && event.eventType === eventType
const says =
  (text: string): Test =>
  ({ data }) =>
    Buffer.from(data).includes(Buffer.from(fromLatin1(text)))
const isVariable =
  ({ name }: VariableName, eventType: number = EV.EFI_VARIABLE_DRIVER_CONFIG): Test =>
  (event) =>
    event.eventType === eventType &&
    Buffer.from(event.data.subarray(32, 32 + 2 * name.length)).equals(toUtf16le(name))

/** The first that fits, replaced by these; there must be one. */
function instead(fits: Test, put: (found: NewEvent) => readonly NewEvent[]): Edit {
  return (steps) => {
    const at = steps.findIndex(fits)
    assert.ok(at >= 0, 'nothing fits')
    return steps.toSpliced(at, 1, ...put(steps[at]!))
  }
}
const drop = (fits: Test): Edit => instead(fits, () => [])
const relabel = (fits: Test, eventType: number): Edit =>
  instead(fits, (found) => [{ ...found, eventType }])
const before = (fits: Test, ...more: NewEvent[]): Edit => instead(fits, (found) => [...more, found])
const after = (fits: Test, ...more: NewEvent[]): Edit => instead(fits, (found) => [found, ...more])
const append =
  (...more: NewEvent[]): Edit =>
  (steps) => [...steps, ...more]

/** A variable measured with another value, or under another name. */
function variable(
  name: VariableName,
  change: (held: UEFI_VARIABLE_DATA) => UEFI_VARIABLE_DATA,
): Edit {
  return instead(isVariable(name), (found) => {
    const held = decode(UEFI_VARIABLE_DATA, found.data)
    return [measure(7, found.eventType, encode(UEFI_VARIABLE_DATA, change(held)))]
  })
}
const value = (name: VariableName, variableData: Uint8Array) =>
  variable(name, (held) => ({ ...held, variableData }))

/** The data says something else than what was measured. */
function edited(fits: Test, change: (data: Uint8Array) => Uint8Array): Edit {
  return instead(fits, (found) => [{ ...found, data: change(found.data.slice()) }])
}
const flip = (data: Uint8Array) => data.with(data.length - 1, data.at(-1)! ^ 1)

const isEnd = says(ACTION.exitBootServicesInvocation)
const isImage = of(4, EV.EFI_BOOT_SERVICES_APPLICATION)
const authority = (name: VariableName) => isVariable(name, EV.EFI_VARIABLE_AUTHORITY)
const separatorOf = (pcr: number) => of(pcr, EV.SEPARATOR)

/** An honest TPM and a log that somebody edited: held against what the genuine one gave. */
const edits: Readonly<Record<string, readonly [Edit, string]>> = {
  "a variable's data edited": [edited(isVariable(VARIABLES.SecureBoot), flip), 'eventlog.data'],
  'a db with other data': [edited(isVariable(VARIABLES.db), flip), 'eventlog.data'],
  "an authority's data edited": [edited(authority(VARIABLES.db), flip), 'eventlog.data'],
  "a partition table's data edited": [edited(of(5, EV.EFI_GPT_EVENT), flip), 'eventlog.data'],
  'a boot option edited': [edited(of(1, EV.EFI_VARIABLE_BOOT), flip), 'eventlog.data'],
  'a GRUB command edited': [edited(says('set timeout'), flip), 'eventlog.data'],
  'a measurement that says it is none': [
    relabel(isVariable(VARIABLES.SecureBoot), EV.NO_ACTION),
    'eventlog.replay',
  ],
  'every event of a register left out': [
    (steps) => steps.filter(({ pcrIndex }) => pcrIndex !== 4),
    'pcr.unexplained',
  ],
  'an event left out': [drop(isImage), 'eventlog.replay'],
  'an event more': [append(act(5, 'more')), 'eventlog.replay'],
  'two events of one register swapped': [
    (steps) => {
      const at = steps.findIndex(isVariable(VARIABLES.KEK))
      return steps.toSpliced(at, 2, steps[at + 1]!, steps[at]!)
    },
    'eventlog.replay',
  ],
  'an event moved to another register': [
    instead(isImage, (found) => [{ ...found, pcrIndex: 2 }]),
    'eventlog.replay',
  ],
  'a digest edited': [
    instead(isImage, (found) => [{ ...found, digests: measure(4, 0, zeros).digests }]),
    'eventlog.replay',
  ],
  'an image that says it is an action': [relabel(isImage, EV.EFI_ACTION), 'eventlog.data'],
  'an image that says it is a driver': [
    relabel(isImage, EV.EFI_BOOT_SERVICES_DRIVER),
    'eventlog.type',
  ],
  'an image that says it is of nobody’s type': [relabel(isImage, 0xdeadbeef), 'eventlog.type'],
  'the call of the boot manager as an image': [
    relabel(of(4, EV.EFI_ACTION), EV.EFI_BOOT_SERVICES_APPLICATION),
    'eventlog.disguised',
  ],
  'a separator as something unused': [relabel(separatorOf(7), EV.UNUSED), 'eventlog.disguised'],
  'the end of the firmware as a tag': [relabel(isEnd, EV.EVENT_TAG), 'eventlog.disguised'],
  'the end of the firmware as an action of the time before UEFI': [
    relabel(isEnd, EV.ACTION),
    'eventlog.disguised',
  ],
  'a module as the version of the firmware': [
    relabel(of(9, EV.IPL), EV.S_CRTM_VERSION),
    'eventlog.data',
  ],
  'a variable as an authority': [
    relabel(isVariable(VARIABLES.db), EV.EFI_VARIABLE_AUTHORITY),
    'secure-boot.variables',
  ],
  'a start of PCR 0 that the TPM does not have': [
    (steps) => [noAction(0, locality(1)), ...steps],
    'eventlog.start',
  ],
  'a start of PCR 0 with a byte more': [
    (steps) => [noAction(0, concat(locality(3), Uint8Array.of(0))), ...steps],
    'eventlog.start',
  ],
  'a start in another register': [
    (steps) => [noAction(1, locality(3)), ...steps],
    'eventlog.start',
  ],
  'a start after the first measurement': [
    after(of(0, EV.S_CRTM_VERSION), noAction(0, locality(3))),
    'eventlog.start',
  ],
  'a start that is told twice': [
    (steps) => [noAction(0, locality(0)), noAction(0, locality(0)), ...steps],
    'eventlog.start',
  ],
  'a hardware root elsewhere than in PCR 0': [
    (steps) => [measure(1, EV.EFI_HCRTM_EVENT, fromLatin1('HCRTM')), ...steps],
    'eventlog.start',
  ],
  'the command line as a command, and another in its place': [
    (steps) =>
      relabelledLine(steps).concat(measure(8, EV.IPL, fromLatin1('kernel_cmdline: quiet\0'))),
    'eventlog.replay',
  ],
}

function relabelledLine(steps: Steps): Steps {
  const edit = instead(says('kernel_cmdline'), (found) => [
    { ...found, data: concat(fromLatin1('grub_cmd: '), found.data.subarray(16)) },
  ])
  return edit(steps)
}

const own = (text: string): NewEvent => ({
  ...measure(8, EV.IPL, fromLatin1(text)),
  data: fromLatin1(`kernel_cmdline: ${text}\0`),
})
const foreign = { name: 'SecureBoot', guid: VARIABLES.db.guid }
const pair = concat(...[0, 1].map(() => new Uint8Array(100)))

/** The log gives what the TPM holds: root extended it after the boot, or the firmware is odd. */
const forgeries: Readonly<Record<string, readonly [Edit, string]>> = {
  'the command line as a command, and another in its place': [
    (steps) => [...relabelledLine(steps), own('/vmlinuz quiet')],
    'kernel-command-line.disguised',
  ],
  'a command line as a command': [relabelledLine, 'kernel-command-line.disguised'],
  'a command and its line as other text': [
    (steps) => relabelledLine(steps).map((step) => (says('linuxefi')(step) ? hidden(step) : step)),
    'kernel-command-line.disguised',
  ],
  'another command and line after the first': [
    before(isEnd, grub('linuxefi /other'), own('/other')),
    'kernel-command-line.count',
  ],
  'a line that no command gave': [
    before(isEnd, own('/vmlinuz quiet')),
    'kernel-command-line.count',
  ],
  'two separators': [
    after(separatorOf(7), measure(7, EV.SEPARATOR, zeros)),
    'eventlog.separator.repeated',
  ],
  'a separator missing in PCR 7': [drop(separatorOf(7)), 'eventlog.separator.missing'],
  'all separators missing': [
    (steps) => steps.filter(({ eventType }) => eventType !== EV.SEPARATOR),
    'eventlog.separator.missing',
  ],
  'a separator that reports an error': [
    instead(separatorOf(2), () => [measure(2, EV.SEPARATOR, zeros.with(0, 1))]),
    'eventlog.separator.error',
  ],
  'a separator of any value': [
    instead(separatorOf(2), () => [measure(2, EV.SEPARATOR, zeros.with(0, 9))]),
    'eventlog.separator.value',
  ],
  'SecureBoot twice': [
    after(isVariable(VARIABLES.SecureBoot), genuine.find(isVariable(VARIABLES.SecureBoot))!),
    'secure-boot.variables',
  ],
  'db under another GUID': [
    variable(VARIABLES.db, (held) => ({ ...held, variableName: VARIABLES.PK.guid })),
    'secure-boot.variables',
  ],
  'SecureBoot under another GUID': [
    variable(VARIABLES.SecureBoot, (held) => ({ ...held, variableName: foreign.guid })),
    'secure-boot.variables',
  ],
  'a name that looks alike': [
    variable(VARIABLES.SecureBoot, (held) => ({ ...held, unicodeName: 'secureboot' })),
    'secure-boot.variables',
  ],
  'a value of two bytes': [value(VARIABLES.SecureBoot, Uint8Array.of(1, 0)), 'secure-boot.value'],
  'a value of two': [value(VARIABLES.SecureBoot, Uint8Array.of(2)), 'secure-boot.value'],
  'no KEK': [drop(isVariable(VARIABLES.KEK)), 'secure-boot.variables'],
  'no dbx': [drop(isVariable(VARIABLES.dbx)), 'secure-boot.variables'],
  'an empty db': [value(VARIABLES.db, new Uint8Array()), 'secure-boot.keys'],
  'an empty PK': [value(VARIABLES.PK, new Uint8Array()), 'secure-boot.keys'],
  'two platform keys': [
    variable(VARIABLES.PK, (held) => ({
      ...held,
      variableData: concat(held.variableData, held.variableData),
    })),
    'secure-boot.keys',
  ],
  'no authority': [drop(authority(VARIABLES.db)), 'secure-boot.authority.missing'],
  "shim's authority under the firmware's GUID": [
    instead(authority(VARIABLES.MokListRT), (found) => [
      measure(
        7,
        found.eventType,
        encode(UEFI_VARIABLE_DATA, {
          ...decode(UEFI_VARIABLE_DATA, found.data),
          variableName: VARIABLES.db.guid,
        }),
      ),
    ]),
    'secure-boot.authority.foreign',
  ],
  'a list of more bytes than there are': [
    value(VARIABLES.dbx, pair.with(16, 255)),
    'secure-boot.lists',
  ],
  'a variable of 2^63 bytes': [
    instead(isVariable(VARIABLES.db), (found) => [
      measure(7, found.eventType, found.data.with(31, 0x80)),
    ]),
    'secure-boot.variables',
  ],
  'something told as a variable that is none': [
    before(separatorOf(7), measure(7, EV.EFI_VARIABLE_DRIVER_CONFIG, fromLatin1('none'))),
    'secure-boot.variables',
  ],
  'something told as an authority that is none': [
    after(separatorOf(7), measure(7, EV.EFI_VARIABLE_AUTHORITY, fromLatin1('none'))),
    'secure-boot.variables',
  ],
  'the debug mode': [before(separatorOf(7), act(7, ACTION.debugMode)), 'secure-boot.debug-mode'],
  'an action that PCR 7 does not know': [before(separatorOf(7), act(7, 'x')), 'secure-boot.action'],
  'an image after the firmware ended': [append(genuine.find(isImage)!), 'exit-boot-services.order'],
  'an authority after the firmware ended': [
    append(genuine.find(authority(VARIABLES.SbatLevel))!),
    'exit-boot-services.order',
  ],
  'an end that nobody asked for': [drop(isEnd), 'exit-boot-services.missing'],
  'an end before it was asked for': [
    (steps) => [...steps.slice(0, -2), steps.at(-1)!, steps.at(-2)!],
    'exit-boot-services.order',
  ],
  'a second call while the first runs': [
    before(isImage, act(4, ACTION.callingApplication)),
    'boot-manager.order',
  ],
  'a loader measured between the separators': [
    after(separatorOf(3), measure(8, EV.IPL, fromLatin1('grub_cmd: x'))),
    'eventlog.phase',
  ],
  'a loader measured before them': [
    before(separatorOf(0), measure(9, EV.IPL, fromLatin1('x'))),
    'eventlog.phase',
  ],
  'an image where drivers end': [
    append(measure(2, EV.EFI_BOOT_SERVICES_APPLICATION, zeros)),
    'eventlog.after-separator',
  ],
  'a register that the firmware never extended': [
    (steps) => steps.filter(({ pcrIndex }) => pcrIndex !== 6),
    'pcr.empty',
  ],
  'an unknown type in PCR 7': [
    before(separatorOf(7), measure(7, 0xdeadbeef, zeros)),
    'eventlog.disguised',
  ],
  'a tag where variables are': [
    before(separatorOf(7), measure(7, EV.EVENT_TAG, zeros.with(0, 7))),
    'eventlog.type.secure-boot',
  ],
}

function grub(text: string): NewEvent {
  return { ...measure(8, EV.IPL, fromLatin1(text)), data: fromLatin1(`grub_cmd: ${text}\0`) }
}

/** The same text under a type that says it is something else. */
function hidden(step: NewEvent): NewEvent {
  return { ...step, eventType: EV.ACTION, data: step.data.subarray(10, -1) }
}

/** Genuine but for something that a person should know: told, and nothing refused. */
const told: Readonly<Record<string, readonly [Edit, string]>> = {
  'a separator of ones': [
    instead(separatorOf(2), () => [measure(2, EV.SEPARATOR, new Uint8Array(4).fill(0xff))]),
    'eventlog.quirk',
  ],
  'a firmware without DMA protection': [
    before(separatorOf(7), act(7, ACTION.dmaProtectionDisabled)),
    'secure-boot.dma-protection',
  ],
  'the audit mode': [
    after(isVariable(VARIABLES.dbx), configured(VARIABLES.AuditMode, 1)),
    'secure-boot.audit-mode',
  ],
  'a firmware that is not deployed': [
    after(isVariable(VARIABLES.dbx), configured(VARIABLES.DeployedMode, 0)),
    'secure-boot.not-deployed',
  ],
  "shim's validation off": [
    after(says('MokListX'), {
      ...measure(14, EV.IPL, Uint8Array.of(1)),
      data: fromLatin1('MokSBState\0'),
    }),
    'mok.validation-off',
  ],
}

function configured({ name, guid }: VariableName, byte: number): NewEvent {
  const held = { variableName: guid, unicodeName: name, variableData: Uint8Array.of(byte) }
  return measure(7, EV.EFI_VARIABLE_DRIVER_CONFIG, encode(UEFI_VARIABLE_DATA, held))
}

function appraise(steps: readonly NewEvent[], heldBy: readonly NewEvent[], profile: Profile) {
  const { pcrs } = replay(buildEventLog(['sha256'], heldBy), 'sha256')
  const values = new Map([...pcrs].map(([pcr, { value: held }]) => [pcr, held] as const))
  const bytes = encodeEventLog(buildEventLog(['sha256'], steps))
  const logs = { eventLog: bytes, imaLog: null, userspaceLog: null }
  return appraiseEventLog({ ...logs, pcrs: new Map([['sha256', values]]), profile })
}

const ids = ({ findings }: EventLogAppraisal) => findings.map(({ id }) => id)

test('the log they are made from is genuine, and nothing is found', () => {
  for (const profile of PROFILES) {
    const { verified, secureBoot, findings } = appraise(genuine, genuine, profile)
    assert.deepEqual([verified, secureBoot, findings], [true, 'on', []])
  }
})

for (const profile of PROFILES) {
  for (const [what, [edit, id]] of Object.entries(edits))
    test(`a log with ${what} is refused in ${profile}: ${id}`, () => {
      const got = appraise(edit([...genuine]), genuine, profile)
      assert.equal(got.verified, false)
      assert.ok(ids(got).includes(id), ids(got).join(' '))
      assert.ok(Object.values(got.claims).every(({ verified }) => !verified))
    })

  for (const [what, [edit, id]] of Object.entries(forgeries))
    test(`a boot with ${what} is refused in ${profile}: ${id}`, () => {
      const steps = edit([...genuine])
      const got = appraise(steps, steps, profile)
      assert.equal(got.verified, false, ids(got).join(' '))
      assert.ok(ids(got).includes(id), ids(got).join(' '))
      assert.equal(got.secureBoot, 'unverified')
    })

  for (const [what, [edit, id]] of Object.entries(told))
    test(`a boot with ${what} is told in ${profile}: ${id}`, () => {
      const steps = edit([...genuine])
      const got = appraise(steps, steps, profile)
      assert.equal(got.verified, true, ids(got).join(' '))
      assert.deepEqual(ids(got), [id])
    })
}

test('an event that no register knows of is never a claim', () => {
  const off = decode(UEFI_VARIABLE_DATA, genuine.find(isVariable(VARIABLES.SecureBoot))!.data)
  const data = encode(UEFI_VARIABLE_DATA, { ...off, variableData: Uint8Array.of(0) })
  const got = appraise([noAction(7, data), ...genuine], genuine, 'strict')
  assert.deepEqual([got.verified, got.secureBoot], [true, 'on'])
})

test('bytes changed where a log says how it is written are malformed', () => {
  const log = decodeEventLog(eventLog)
  const first = 32 + log.events[0]!.data.length
  const patches: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    'an event longer than what is left': (b) => b.with(first + 52, 0xff).with(first + 53, 0xff),
    'an event of 4 GiB': (b) => new Uint8Array(b).fill(0xff, first + 46, first + 50),
    'PCR 24': (b) => b.with(first, 24),
    'an algorithm that was not declared': (b) => b.with(first + 12, 0x0c),
    'a second Spec ID event': (b) =>
      concat(b, encodeEventLog({ ...log, events: [{ ...log.events[0]!, index: 0 }] })),
    'a first event whose digest is not zeros': (b) => b.with(8, 1),
    'a first event in another register': (b) => b.with(0, 1),
    'no first event': (b) => b.subarray(first),
    'no digest': (b) => b.with(first + 8, 0),
    'two digests where one is declared': (b) => b.with(first + 8, 2),
    'a byte more': (b) => concat(b, Uint8Array.of(0)),
    'a byte less': (b) => b.subarray(0, -1),
  }
  for (const [what, patch] of Object.entries(patches))
    for (const profile of ['strict', 'pc-client'] as const) {
      const logs = { eventLog: patch(eventLog), imaLog: null, userspaceLog: null }
      const got = appraiseEventLog({ ...logs, pcrs: new Map(), profile })
      assert.equal(got.malformed, true, `${what} in ${profile}`)
    }
})

test('no event under another type changes a claim of an imported log that is accepted', () => {
  const types = [
    ...[EV.UNUSED, EV.SEPARATOR, EV.ACTION, EV.EVENT_TAG, EV.S_CRTM_VERSION, EV.COMPACT_HASH],
    ...[EV.IPL, EV.EFI_VARIABLE_BOOT, EV.EFI_BOOT_SERVICES_APPLICATION, EV.EFI_ACTION],
    ...[EV.EFI_GPT_EVENT2, EV.EFI_VARIABLE_AUTHORITY, 0xdeadbeef],
  ]
  const { claims } = appraise(genuine, genuine, 'pc-client')
  for (const [i, step] of genuine.entries())
    for (const eventType of types) {
      const relabelled = genuine.with(i, { ...step, index: i, eventType })
      const got = appraise(relabelled, genuine, 'pc-client')
      if (got.verified) assert.deepEqual(got.claims, claims, `event ${i + 1}: ${eventType}`)
    }
})
