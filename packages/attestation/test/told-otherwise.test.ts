import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, fromLatin1, toLatin1, toUtf16le } from '@trusted-launch/codec'
import { ACTION, EV } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { PROFILES } from '../src/profile.ts'
import {
  appraise,
  authority,
  before,
  type Edit,
  edited,
  instead,
  isEnd,
  isImage,
  isVariable,
  locality,
  noAction,
  of,
  relabel,
  says,
  separatorOf,
} from './log-edit.ts'
import { events as genuine } from './recorded.ts'

const text = (words: string) => fromLatin1(`${words}\0`)
const isLine = says('kernel_cmdline: ')
const isCommand = says('grub_cmd: linux')
const isOf = (pcr: number) => (event: { pcrIndex: number }) => event.pcrIndex === pcr
const is = (words: string) => edited(isLine, () => text(words))
const line = toLatin1(genuine.find(isLine)!.data).replace(/^kernel_cmdline: |\0/g, '')
const both =
  (...edits: Edit[]): Edit =>
  (steps) =>
    edits.reduce((made, edit) => edit(made), steps)

/** The same digests in every register, told as something else: types, data, notes between them. */
const tellings: Readonly<Record<string, Edit>> = {
  "shim's level as a variable of the firmware": relabel(
    authority(VARIABLES.SbatLevel),
    EV.EFI_VARIABLE_DRIVER_CONFIG,
  ),
  "shim's level as a later one": edited(authority(VARIABLES.SbatLevel), (data) =>
    data.with(data.length - 2, data.at(-2)! + 1),
  ),
  "shim's level as a boot option": relabel(authority(VARIABLES.SbatLevel), EV.EFI_VARIABLE_BOOT),
  "shim's level as the boot manager's note": relabel(authority(VARIABLES.SbatLevel), EV.EFI_ACTION),
  'the key in db as an action': relabel(authority(VARIABLES.db), EV.EFI_ACTION),
  'the key in db as a tag': relabel(authority(VARIABLES.db), EV.EVENT_TAG),
  'a list of the owner’s as another': edited(isOf(14), () => text('MokListTrusted')),
  'a list of the owner’s as a tag': relabel(isOf(14), EV.EVENT_TAG),
  'a list of the owner’s as the end of Windows': both(
    relabel(isOf(14), EV.SEPARATOR),
    edited(isOf(14), () => fromLatin1('WBCL')),
  ),
  'the command line in UTF-16': edited(isLine, () => toUtf16le(`${line}\0`)),
  'the command line of a module': is(`module_cmdline: ${line}`),
  'the command line without what tells it': is(line),
  'the command line with blanks before it': is(`kernel_cmdline:  ${line}`),
  'the command line as the command': is(`grub_cmd: linux ${line}`),
  'the command as a command line': edited(isCommand, (data) =>
    concat(fromLatin1('kernel_cmdline: '), data.subarray(10)),
  ),
  'the command as an action': relabel(isCommand, EV.EFI_ACTION),
  'the command as an image': relabel(isCommand, EV.EFI_BOOT_SERVICES_APPLICATION),
  'command and line the other way round': both(
    edited(isCommand, (data) => concat(fromLatin1('kernel_cmdline: '), data.subarray(10))),
    is(`grub_cmd: ${line}`),
  ),
  'a file as a command line': edited(of(9, EV.IPL), () => text('kernel_cmdline: init=/evil')),
  'a file as a load option of the kernel’s stub': both(
    relabel(of(9, EV.IPL), EV.EVENT_TAG),
    edited(of(9, EV.EVENT_TAG), () => Uint8Array.of(0xed, 0x22, 0x3b, 0x8f, 1, 0, 0, 0, 0x41)),
  ),
  'the partition table as a boot option': relabel(of(5, EV.EFI_GPT_EVENT), EV.EFI_VARIABLE_BOOT),
  'the partition table as a newer one': relabel(of(5, EV.EFI_GPT_EVENT), EV.EFI_GPT_EVENT2),
  'the partition table as the loader’s configuration': both(
    relabel(of(5, EV.EFI_GPT_EVENT), EV.EVENT_TAG),
    edited(of(5, EV.EVENT_TAG), () => Uint8Array.of(0x2a, 0x58, 0xbc, 0xf5, 0, 0, 0, 0)),
  ),
  'a boot option as the order of all': edited(of(1, EV.EFI_VARIABLE_BOOT), (data) =>
    data.with(32, 0x58),
  ),
  'a boot option as a table of the firmware’s': relabel(
    of(1, EV.EFI_VARIABLE_BOOT),
    EV.EFI_HANDOFF_TABLES2,
  ),
  'a volume of the firmware’s elsewhere': edited(of(0, EV.EFI_PLATFORM_FIRMWARE_BLOB), (data) =>
    data.with(0, data[0]! ^ 1),
  ),
  'a volume of the firmware’s as its version': relabel(
    of(0, EV.EFI_PLATFORM_FIRMWARE_BLOB),
    EV.S_CRTM_CONTENTS,
  ),
  'an image of another path': edited(isImage, (data) => data.with(40, data[40]! ^ 1)),
  'an image of another place and length': edited(isImage, (data) => data.with(3, 9).with(9, 9)),
  'an image as a hardware root': relabel(isImage, EV.EFI_HCRTM_EVENT),
  'an image as a separator': relabel(isImage, EV.SEPARATOR),
  'the end of the firmware as a code of its own': relabel(isEnd, EV.POST_CODE),
  'the end of the firmware as a hash': relabel(isEnd, EV.COMPACT_HASH),
  'the call of a loader as text': relabel(says(ACTION.callingApplication), EV.IPL),
  'a separator as a key in db': relabel(separatorOf(7), EV.EFI_VARIABLE_AUTHORITY),
  'a separator as a hash': relabel(separatorOf(4), EV.COMPACT_HASH),
  'PK as a boot option': relabel(isVariable(VARIABLES.PK), EV.EFI_VARIABLE_BOOT2),
  'SecureBoot by its value alone': relabel(isVariable(VARIABLES.SecureBoot), EV.EFI_VARIABLE_BOOT),
  'notes of another boot between': both(
    before(isEnd, noAction(7, genuine.find(isVariable(VARIABLES.SecureBoot))!.data)),
    before(isImage, noAction(0xffff_ffff, fromLatin1('WBCL'))),
    before(isLine, noAction(8, text('kernel_cmdline: init=/evil'))),
  ),
  'a locality with a name that is nearly its own': (steps) => [
    noAction(0, concat(fromLatin1('startupLocality\0'), locality(3).subarray(-1))),
    ...steps,
  ],
  'its registers one after the other': (steps) => steps.toSorted((a, b) => a.pcrIndex - b.pcrIndex),
  'the last register first': (steps) => steps.toSorted((a, b) => b.pcrIndex - a.pcrIndex),
  'an empty word for each that is not hashed': instead(of(9, EV.IPL), (found) => [
    { ...found, data: new Uint8Array() },
  ]),
}

for (const [what, edit] of Object.entries(tellings))
  test(`a boot told with ${what} is refused, or nothing else is verified of it`, () => {
    const told = edit([...genuine])
    assert.notDeepEqual(told, genuine)
    for (const profile of PROFILES) {
      const truth = appraise(genuine, genuine, profile).claims
      const { claims } = appraise(told, genuine, profile)
      for (const [name, { value, verified }] of Object.entries(claims))
        if (verified) assert.deepEqual(value, truth[name]?.value, `${profile}: ${name}`)
    }
  })
