import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1 } from '@trusted-launch/codec'
import { ACTION, EV, type NewEvent } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { PROFILES } from '../src/profile.ts'
import {
  act,
  after,
  append,
  appraise,
  authority,
  before,
  drop,
  type Edits,
  ids,
  instead,
  isEnd,
  isImage,
  measure,
  relabelledLine,
  says,
  separatorOf,
  zeros,
} from './log-edit.ts'
import { events as genuine } from './recorded.ts'

const own = (text: string): NewEvent => ({
  ...measure(8, EV.IPL, fromLatin1(text)),
  data: fromLatin1(`kernel_cmdline: ${text}\0`),
})

/** The log gives what the TPM holds: root extended it after the boot, or the firmware is odd. */
const forgeries: Edits = {
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
}

function grub(text: string): NewEvent {
  return { ...measure(8, EV.IPL, fromLatin1(text)), data: fromLatin1(`grub_cmd: ${text}\0`) }
}

/** The same text under a type that says it is something else. */
function hidden(step: NewEvent): NewEvent {
  return { ...step, eventType: EV.ACTION, data: step.data.subarray(10, -1) }
}

for (const profile of PROFILES)
  for (const [what, [edit, id]] of Object.entries(forgeries))
    test(`a boot with ${what} is refused in ${profile}: ${id}`, () => {
      const steps = edit([...genuine])
      const got = appraise(steps, steps, profile)
      assert.equal(got.verified, false, ids(got).join(' '))
      assert.ok(ids(got).includes(id), ids(got).join(' '))
      assert.equal(got.secureBoot, 'unverified')
    })
