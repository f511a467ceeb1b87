import assert from 'node:assert/strict'
import test from 'node:test'
import { concat, encode, fromLatin1, toUtf16le } from '@trusted-launch/codec'
import { VARIABLES } from '@trusted-launch/uefi'
import { UEFI_IMAGE_LOAD_EVENT } from '../src/event-data-structures.ts'
import { ACTION, EV, explain, type LoggedEvent, type NewEvent, unmeasured } from '../src/index.ts'
import { event, noAction, separator, variable } from './a-log.ts'

const explained = (one: NewEvent, bank: 'sha1' | 'sha256' = 'sha256') =>
  explain({ index: 1, ...one } as LoggedEvent, bank)
const summary = (one: NewEvent, bank?: 'sha1' | 'sha256') => {
  const { kind, status, rule, quirk, covers } = explained(one, bank)
  return [kind, status, rule, quirk, covers === null ? null : [covers.start, covers.end]]
}
const secureBoot = variable(VARIABLES.SecureBoot, 1)

test('a variable that decides Secure Boot is measured whole', () => {
  const one = event(7, EV.EFI_VARIABLE_DRIVER_CONFIG, secureBoot)
  assert.deepEqual(summary(one), ['variable', 'verified', 'whole-event', null, [0, 53]])
  const edited = { ...one, data: variable(VARIABLES.SecureBoot, 0) }
  assert.deepEqual(summary(edited), ['variable', 'mismatch', null, null, null])
  assert.equal(explained(edited).verified, false)
})

test('of a boot variable only the value is measured, so its name is not vouched for', () => {
  const data = variable(VARIABLES.BootOrder, 1, 0)
  const value = event(1, EV.EFI_VARIABLE_BOOT, data, Uint8Array.of(1, 0))
  assert.deepEqual(summary(value), ['variable', 'verified', 'variable-value', null, [50, 52]])
  assert.deepEqual(unmeasured({ index: 1, ...value }, explained(value)), [{ start: 0, end: 50 }])
  const whole = event(1, EV.EFI_VARIABLE_BOOT, data)
  assert.deepEqual(summary(whole).slice(1, 4), ['verified', 'whole-event', 'variable-boot-whole'])
  const boot2 = event(1, EV.EFI_VARIABLE_BOOT2, data)
  assert.deepEqual(summary(boot2).slice(1, 4), ['verified', 'whole-event', null])
})

test('the value alone never vouches for a variable that decides Secure Boot, but in a TPM 1.2 log', () => {
  const one = event(7, EV.EFI_VARIABLE_DRIVER_CONFIG, secureBoot, Uint8Array.of(1))
  assert.equal(explained(one).status, 'mismatch')
  const old = event(7, EV.EFI_VARIABLE_DRIVER_CONFIG, secureBoot, Uint8Array.of(1), ['sha1'])
  assert.deepEqual(summary(old, 'sha1').slice(1, 4), [
    'verified',
    'variable-value',
    'driver-config-value',
  ])
})

test("shim's authority with padding and one byte more than was measured is named", () => {
  const measured = concat(variable(VARIABLES.db, 9, 9, 9), new Uint8Array(5))
  const one = event(7, EV.EFI_VARIABLE_AUTHORITY, concat(measured, Uint8Array.of(0xaf)), measured)
  assert.deepEqual(summary(one).slice(1, 4), [
    'verified',
    'without-last-byte',
    'authority-extra-byte',
  ])
  const config = { ...one, eventType: EV.EFI_VARIABLE_DRIVER_CONFIG }
  assert.deepEqual(summary(config).slice(0, 2), ['undecodable', 'mismatch'])
})

test("of GRUB's command the prefix and the NUL are not measured", () => {
  const data = fromLatin1('kernel_cmdline: /vmlinuz quiet\0')
  const one = event(8, EV.IPL, data, fromLatin1('/vmlinuz quiet'))
  assert.deepEqual(summary(one), ['ipl', 'verified', 'text-without-prefix', null, [16, 30]])
  const old = event(8, EV.IPL, fromLatin1('grub_cmd set a=b\0'), fromLatin1('set a=b\0'))
  assert.deepEqual(summary(old).slice(1, 4), [
    'verified',
    'text-without-prefix-with-nul',
    'text-with-nul',
  ])
  const edited = { ...one, data: fromLatin1('kernel_cmdline: /vmlinuz loud!\0') }
  assert.equal(explained(edited).status, 'mismatch')
})

test('the path of a file GRUB read is only its word: the digest is of the content', () => {
  const one = event(9, EV.IPL, fromLatin1('/initrd\0'), fromLatin1('the content'))
  assert.deepEqual(summary(one), ['ipl', 'content-elsewhere', null, null, null])
  assert.deepEqual(unmeasured({ index: 1, ...one }, explained(one)), [{ start: 0, end: 8 }])
})

test('where command lines are measured, text that does not give the digest is a mismatch', () => {
  for (const pcrIndex of [8, 12])
    assert.equal(
      explained(event(pcrIndex, EV.IPL, fromLatin1('x\0'), fromLatin1('y'))).status,
      'mismatch',
    )
})

test("beside what systemd's stub makes of credentials and extensions the digest is of the archive", () => {
  const told = (pcr: number, text: string) =>
    explained(event(pcr, EV.IPL, toUtf16le(`${text}\0`), fromLatin1('070701'))).status
  for (const text of [
    'Credentials initrd',
    'Global credentials initrd',
    'Configuration extension initrd',
  ])
    assert.deepEqual([told(8, text), told(12, text)], ['content-elsewhere', 'content-elsewhere'])
  assert.equal(told(12, 'System extension initrd'), 'mismatch')
  assert.equal(told(13, 'System extension initrd'), 'content-elsewhere')
})

test("systemd's UTF-16 texts are measured whole, or narrow, or one byte longer than logged", () => {
  const wide = toUtf16le('console=ttyS0\0')
  assert.deepEqual(summary(event(12, EV.IPL, wide)).slice(0, 4), [
    'ipl',
    'verified',
    'whole-event',
    null,
  ])
  const section = event(11, EV.IPL, toUtf16le('.linux\0'), fromLatin1('.linux\0'))
  assert.deepEqual(summary(section).slice(1, 4), [
    'verified',
    'narrow-text-with-nul',
    'section-name-narrow',
  ])
  const cut = event(8, EV.IPL, wide.subarray(0, -1), wide)
  assert.deepEqual(summary(cut).slice(1, 4), ['verified', 'text-cut-short', 'text-cut-short'])
  // in each of these forms it is known what was measured
  const forms = [event(12, EV.IPL, wide), section, cut].map((one) => explained(one).measured)
  assert.deepEqual(forms, [wide, fromLatin1('.linux\0'), wide])
  assert.equal(explained(event(9, EV.IPL, fromLatin1('/a\0'), wide)).measured, null)
})

test('an image is measured, its address and device path are not', () => {
  const data = encode(UEFI_IMAGE_LOAD_EVENT, {
    imageLocationInMemory: 1n,
    imageLengthInMemory: 2n,
    imageLinkTimeAddress: 0n,
    devicePath: Uint8Array.of(0x7f, 0xff, 4, 0),
  })
  const one = event(4, EV.EFI_BOOT_SERVICES_APPLICATION, data, fromLatin1('the image'))
  assert.deepEqual(summary(one), ['image-load', 'content-elsewhere', null, null, null])
})

test('a separator is four bytes', () => {
  assert.deepEqual(summary(separator(7)), ['separator', 'verified', 'whole-event', null, [0, 4]])
  const five = event(7, EV.SEPARATOR, new Uint8Array(5))
  assert.equal(explained(five).kind, 'undecodable')
  const ones = event(7, EV.SEPARATOR, new Uint8Array(4).fill(0xff))
  assert.equal(explained(ones).quirk, 'separator-of-ones')
})

test('EV_NO_ACTION is never verified, though its data gave its digest', () => {
  const forged = event(7, EV.NO_ACTION, secureBoot)
  assert.deepEqual(summary(forged).slice(1), ['not-extended', null, null, null])
  assert.equal(explained(noAction(0, fromLatin1('StartupLocality\0\x03'))).kind, 'startup-locality')
})

test('a separator, an action or SecureBoot under another type is disguised', () => {
  const as = (eventType: number, one: NewEvent) => explained({ ...one, eventType }).disguised
  assert.equal(as(EV.UNUSED, separator(7)), 'separator 0x00000000')
  assert.equal(as(0xabcd, event(7, 0, secureBoot)), 'SecureBoot = 1')
  const calling = event(4, EV.EFI_ACTION, fromLatin1(ACTION.callingApplication))
  assert.equal(as(EV.EFI_BOOT_SERVICES_APPLICATION, calling), ACTION.callingApplication)
  assert.equal(as(EV.EFI_ACTION, calling), null)
  assert.equal(as(EV.SEPARATOR, separator(7)), null)
  // BootOrder 1, 0 has the bytes of an error separator, and is none
  const order = event(
    1,
    EV.EFI_VARIABLE_BOOT,
    variable(VARIABLES.BootOrder, 1, 0, 0, 0),
    Uint8Array.of(1, 0, 0, 0),
  )
  assert.equal(explained(order).disguised, null)
  // in another register it would hide one
  assert.equal(explained({ ...order, pcrIndex: 5 }).disguised, 'separator 0x00000001')
  const end = event(14, EV.SEPARATOR, fromLatin1('WBCL'))
  assert.equal(explained(end).disguised, null)
  assert.equal(as(EV.IPL, { ...end, data: fromLatin1('MokList\0') }), 'WBCL')
})

test('a digest of another bank verifies nothing', () => {
  const one = event(7, EV.SEPARATOR, new Uint8Array(4), undefined, ['sha1'])
  assert.equal(explained(one, 'sha1').verified, true)
  assert.equal(explained(one, 'sha256').verified, false)
})
