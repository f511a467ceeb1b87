import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { EV } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import type { Profile } from '../src/profile.ts'
import { authority, commandLine, file, grub, type Step, signer, step } from './boot.ts'
import { given, withPcrs } from './given.ts'
import { windowsBoot, windowsPart } from './windows.ts'

/** What the stub of a unified kernel image measures of a section. */
const section = (name: string, content: string): Step[] => [
  step(11, EV.IPL, toUtf16le(`${name}\0`), fromLatin1(`${name}\0`)),
  step(11, EV.IPL, toUtf16le(`${name}\0`), toUtf8(content)),
]

/** What another system's loader measured before somebody told of a Windows. */
const others: Readonly<Record<string, readonly Step[]>> = {
  "sections of a kernel's image": section('.linux', 'kernel'),
  "sections that are told as BitLocker's": section('.linux', 'kernel').map((one) => ({
    ...one,
    eventType: EV.COMPACT_HASH,
    data: Uint8Array.of(0x10, 0, 0, 0),
  })),
  'a command of GRUB': [grub('set root=hd0')],
  'a file that GRUB read': [file('grub', 'cfg', '/boot/grub/grub.cfg')],
  "the stub's tag of an initrd": [
    step(9, EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 0, 0, 0, 0), toUtf8('initrd')),
  ],
  'a kernel command line': [commandLine('/vmlinuz quiet')],
  "the machine owner's keys": [step(14, EV.IPL, fromLatin1('MokList\0'), toUtf8('mok'))],
  "shim's authority": [authority(VARIABLES.MokListRT, signer)],
}

const windowsClaimsOf = (input: Parameters<typeof appraiseEventLog>[0]) => {
  const { claims, findings, verified } = appraiseEventLog(input)
  const told = Object.entries(claims).filter(([name]) => name.startsWith('windows'))
  const believed = told.filter(([, claim]) => claim.verified).map(([name]) => name)
  return { ids: findings.map(({ id }) => id), verified, believed }
}

for (const [what, steps] of Object.entries(others))
  test(`what is told of a Windows beside ${what} is refused in both profiles`, () => {
    for (const profile of ['strict', 'pc-client'] satisfies Profile[]) {
      const boot = windowsBoot([...steps, ...windowsPart()])
      const { ids, verified, believed } = windowsClaimsOf(given(boot, profile))
      assert.equal(verified, false)
      assert.ok(ids.includes('windows.foreign'), ids.join(' '))
      assert.deepEqual(believed, [])
    }
  })

test('it is refused where the register is not quoted, too, as long as the log has it', () => {
  for (const pcr of [8, 9, 11, 14]) {
    const of = Object.values(others).find(([one]) => one!.pcrIndex === pcr)!
    const input = given(windowsBoot([...of, ...windowsPart()]), 'pc-client')
    const { ids, verified } = windowsClaimsOf(withPcrs(input, (pcrs) => pcrs.delete(pcr)))
    assert.equal(verified, false)
    assert.ok(ids.includes('windows.foreign'))
  }
})

test('where a register of other loaders is not given, or holds what no log tells, no claim of Windows is verified', () => {
  const boot = given(windowsBoot(), 'pc-client')
  assert.ok(windowsClaimsOf(boot).believed.includes('windows-vbs-launched'))
  for (const pcr of [8, 9, 11]) {
    const { verified, believed } = windowsClaimsOf(withPcrs(boot, (pcrs) => pcrs.delete(pcr)))
    assert.equal(verified, true)
    assert.deepEqual(believed, [])
  }
})
