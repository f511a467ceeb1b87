import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIPAEVENT } from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { isVariable } from './appraised.ts'
import { configured } from './boot.ts'
import {
  boundary,
  flag,
  group,
  long,
  manager,
  raw,
  short,
  system,
  text,
  windowsBoot,
  windowsPart,
} from './windows.ts'
import {
  no,
  nothingBelieved,
  notReported,
  ofPart,
  ofSystem,
  told,
  unverified,
  valuesOf,
  without,
  yes,
} from './windows-told.ts'

test('a system that contradicts itself is told, and taken at the weaker', () => {
  const part = windowsPart()
  const other = boundary(13, flag('OSKERNELDEBUG', 1), long('VSM_LAUNCH_TYPE', 0n))
  const { claims, findings } = ofPart([...part.slice(0, 5), other, ...part.slice(5)])
  yes(claims['windows-kernel-debug']!)
  no(claims['windows-vbs-launched']!)
  assert.deepEqual(
    findings.map(({ id, severity, actual }) => [id, severity, actual]),
    [['windows.contradiction', 'medium', 'SIPAEVENT_OSKERNELDEBUG, SIPAEVENT_VSM_LAUNCH_TYPE']],
  )
})

test('numbers that differ come to no number', () => {
  const part = windowsPart()
  const other = boundary(13, long('VBS_HVCI_POLICY', 0n), text('SYSTEMROOT', '\\Other'))
  const { claims, ids } = ofPart([...part.slice(0, 5), other, ...part.slice(5)])
  unverified(claims['windows-hvci-policy']!)
  unverified(claims['windows-system-root']!)
  assert.deepEqual(ids, ['windows.contradiction'])
})

test('VBS launched without a hypervisor contradicts itself', () => {
  const { claims, ids } = ofSystem(long('HYPERVISOR_LAUNCH_TYPE', 0n))
  no(claims['windows-vbs-launched']!)
  assert.deepEqual(ids, ['windows.contradiction'])
})

test('VBS that needs Secure Boot is not believed where Secure Boot was off', () => {
  const boot = windowsBoot()
  const at = boot.findIndex(isVariable('SecureBoot'))
  const off = boot.with(at, configured(VARIABLES.SecureBoot, Uint8Array.of(0)))
  assert.ok(told(off).ids.includes('windows.secure-boot'))
  const asked = windowsBoot(
    windowsPart({ second: [...without(system, SIPAEVENT.VBS_SECUREBOOT_REQUIRED)] }),
  )
  const unasked = asked.with(at, off[at]!)
  assert.ok(!told(unasked).ids.includes('windows.secure-boot'))
})

test('a flag that is neither 0 nor 1, or a number of three bytes, says nothing and is told', () => {
  const { claims, ids } = ofSystem(
    flag('WINPE', 2),
    raw('OSKERNELDEBUG', new Uint8Array(3)),
    flag('CODEINTEGRITY', 2),
  )
  unverified(claims['windows-pe']!)
  unverified(claims['windows-kernel-debug']!)
  yes(claims['windows-vbs-launched']!)
  assert.deepEqual([...new Set(ids)], ['windows.value'])
})

test('a detail that cannot be read says nothing and is told', () => {
  const { claims, ids } = ofPart(
    windowsPart({
      loaded: [
        raw('BOOT_REVOCATION_LIST', new Uint8Array(5)),
        raw('OS_REVOCATION_LIST', new Uint8Array(14)),
        raw('SI_POLICY', new Uint8Array(3)),
      ],
    }),
  )
  unverified(claims['windows-boot-revocations']!)
  unverified(claims['windows-os-revocations']!)
  unverified(claims['windows-code-integrity-policies']!)
  assert.deepEqual(ids, ['windows.value'])
})

test("the boot manager's SVN is the first of PCR 12, whatever another register says before", () => {
  const part = windowsPart()
  const before = boundary(13, short('APPLICATION_SVN', 99))
  assert.equal(ofPart([before, ...part]).claims['windows-boot-manager-svn']!.value, 3)
  const moved = [
    ...part.filter(({ pcrIndex }) => pcrIndex !== 12),
    ...part.filter(({ pcrIndex }) => pcrIndex === 12),
  ]
  assert.deepEqual(valuesOf(ofPart(moved).claims), valuesOf(ofPart(part).claims))
})

test('after a resume from hibernation the system says nothing, the loaders do', () => {
  const resume = [...without(manager, SIPAEVENT.TRANSFER_CONTROL), short('TRANSFER_CONTROL', 2)]
  const { claims, findings } = ofPart(windowsPart({ first: resume }))
  yes(claims['windows-resumed']!)
  unverified(claims['windows-vbs-launched']!)
  unverified(claims['windows-kernel-debug']!)
  unverified(claims['windows-version']!)
  no(claims['windows-test-signing']!)
  assert.equal(claims['windows-boot-manager-svn']!.value, 3)
  assert.deepEqual(
    findings.map(({ id, severity }) => [id, severity]),
    [['windows.resumed', 'low']],
  )
})

test('control given to a tool, or without a check, is told', () => {
  for (const to of [3, 4, 77]) {
    const transfer = short('TRANSFER_CONTROL', to)
    const { ids } = ofPart(windowsPart({ first: [...manager, transfer] }))
    assert.ok(ids.includes('windows.transfer'), `${to}`)
  }
})

test('a module that was not validated is told', () => {
  const bad = group(
    'LOADEDMODULE_AGGREGATION',
    text('FILEPATH', '\\x.sys'),
    flag('IMAGEVALIDATED', 0),
  )
  const { ids, findings } = ofPart(windowsPart({ loaded: [bad] }))
  assert.deepEqual(ids, ['windows.module.not-validated'])
  assert.equal(findings[0]!.pcr, 13)
})

test('a failure to measure is told, and then what is not reported is not vouched for', () => {
  const error = { eventID: 0x0003_0003, eventData: new Uint8Array(4) }
  const { claims, ids } = ofPart(
    windowsPart({ second: [...without(system, SIPAEVENT.LSAISO_CONFIG), error] }),
  )
  assert.deepEqual([...new Set(ids)], ['windows.error'])
  unverified(claims['windows-credential-guard']!)
  yes(claims['windows-vbs-launched']!)
})

test('an unknown setting is told and changes nothing; an unknown aggregation is not skipped', () => {
  const unknown = { eventID: 0x0005_0999, eventData: Uint8Array.of(1) }
  const known = ofPart(windowsPart({ second: [...system, unknown, unknown] }))
  assert.deepEqual(
    known.findings.map(({ id, severity, actual }) => [id, severity, actual]),
    [['windows.unknown', 'info', 'SIPAEVENT(0x50999)']],
  )
  yes(known.claims['windows-vbs-launched']!)
  const aggregation = { eventID: 0x4001_0077, eventData: [flag('OSKERNELDEBUG', 1)] }
  const opened = ofPart(windowsPart({ second: [...system, aggregation] }))
  assert.ok(opened.ids.includes('windows.aggregation'))
  nothingBelieved(opened)
})

test('ELAM is claimed of drivers whose data was measured', () => {
  const unmeasured = group('ELAM_AGGREGATION', text('ELAM_KEYNAME', 'Nobody'))
  notReported(ofPart(windowsPart({ second: [...system, unmeasured] })).claims['windows-elam']!)
  const nested = group(
    'ELAM_AGGREGATION',
    group('ELAM_AGGREGATION', text('ELAM_KEYNAME', 'A'), raw('ELAM_MEASURED', new Uint8Array(4))),
    group(
      'ELAM_AGGREGATION',
      text('ELAM_KEYNAME', 'B\u0007'),
      raw('ELAM_MEASURED', new Uint8Array(4)),
    ),
  )
  const { claims } = ofPart(windowsPart({ second: [...system, nested] }))
  assert.deepEqual(claims['windows-elam']!.value, ['A', 'B?'])
})

test("BitLocker's register is open where nothing was measured into it", () => {
  const { claims } = ofPart(windowsPart().filter(({ pcrIndex }) => pcrIndex !== 11))
  no(claims['windows-bitlocker-pcr-closed']!)
})
