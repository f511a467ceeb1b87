import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, fromLatin1 } from '@trusted-launch/codec'
import { EV } from '@trusted-launch/eventlog'
import { UEFI_VARIABLE_DATA, VARIABLES } from '@trusted-launch/uefi'
import { PROFILES } from '../src/profile.ts'
import {
  act,
  after,
  append,
  appraise,
  authority,
  drop,
  type Edits,
  edited,
  flip,
  ids,
  instead,
  isEnd,
  isImage,
  isVariable,
  locality,
  measure,
  noAction,
  of,
  relabel,
  relabelledLine,
  says,
  separatorOf,
  zeros,
} from './log-edit.ts'
import { events as genuine } from './recorded.ts'

/** An honest TPM and a log that somebody edited: held against what the genuine one gave. */
const edits: Edits = {
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

test('the log they are made from is genuine, and nothing is found', () => {
  for (const profile of PROFILES) {
    const { verified, secureBoot, findings } = appraise(genuine, genuine, profile)
    assert.deepEqual([verified, secureBoot, findings], [true, 'on', []])
  }
})

for (const profile of PROFILES)
  for (const [what, [edit, id]] of Object.entries(edits))
    test(`a log with ${what} is refused in ${profile}: ${id}`, () => {
      const got = appraise(edit([...genuine]), genuine, profile)
      assert.equal(got.verified, false)
      assert.ok(ids(got).includes(id), ids(got).join(' '))
      assert.ok(Object.values(got.claims).every(({ verified }) => !verified))
    })

test('an event that no register knows of is never a claim', () => {
  const off = decode(UEFI_VARIABLE_DATA, genuine.find(isVariable(VARIABLES.SecureBoot))!.data)
  const data = encode(UEFI_VARIABLE_DATA, { ...off, variableData: Uint8Array.of(0) })
  const got = appraise([noAction(7, data), ...genuine], genuine, 'strict')
  assert.deepEqual([got.verified, got.secureBoot], [true, 'on'])
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
