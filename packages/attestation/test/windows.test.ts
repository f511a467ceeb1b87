import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf16le } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import {
  buildEventLog,
  decodeEventLog,
  EV,
  encodeEventLog,
  encodeSipa,
  NO_PCR,
  SIPAEVENT,
} from '@trusted-launch/eventlog'
import { VARIABLES } from '@trusted-launch/uefi'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import type { Claim } from '../src/result.ts'
import { azureNamesOfWindows } from '../src/windows-azure-names.ts'
import { isVariable } from './appraised.ts'
import { cleanBoot, configured, evidenceOf, type Step, step } from './boot.ts'
import {
  boundary,
  end,
  flag,
  group,
  long,
  manager,
  module,
  type Name,
  raw,
  short,
  system,
  tagged,
  text,
  windowsBoot,
  windowsPart,
} from './windows.ts'

/** What a boot comes to, but for the reference values that these tests have none of. */
function told(boot: readonly Step[]) {
  const { claims, findings } = appraiseEvidence(
    evidenceOf(boot, { references: null, measured: null }),
  )
  const others = findings.filter(({ id }) => id !== 'reference-values.missing')
  return { claims, ids: others.map(({ id }) => id), findings: others }
}

const ofPart = (part: readonly Step[]) => told(windowsBoot(part))
/** A boot whose system tells these as well, in place of what it told of the same. */
function ofSystem(...tags: ReturnType<typeof flag>[]) {
  return ofPart(windowsPart({ second: [...without(system, ...tags.map(idOf)), ...tags] }))
}
const idOf = ({ eventID }: { eventID: number }) => eventID
const without = (tags: typeof system, ...ids: number[]) =>
  tags.filter(({ eventID }) => !ids.includes(eventID))
/** The same without what has these names. */
const silentOn = (...names: Name[]) =>
  ofPart(windowsPart({ second: without(system, ...names.map((name) => SIPAEVENT[name])) }))

const yes = ({ value, verified }: Claim) => assert.deepEqual([value, verified], [true, true])
const no = ({ value, verified }: Claim) => assert.deepEqual([value, verified], [false, true])
const notReported = (claim: Claim) =>
  assert.deepEqual(claim, { value: null, verified: true, events: [] })
const unverified = (claim: Claim) =>
  assert.deepEqual(claim, { value: null, verified: false, events: [] })

function valuesOf(claims: Readonly<Record<string, Claim>>) {
  const windows = Object.entries(claims).filter(([name]) => name.startsWith('windows'))
  return Object.fromEntries(windows.map(([name, { value }]) => [name, value]))
}

test('a boot that tells everything has every claim, verified, and no finding', () => {
  const { claims, ids } = ofPart(windowsPart())
  assert.deepEqual(ids, [])
  const revocations = {
    created: '2024-01-01T00:00:00.000Z',
    algorithm: 'sha256',
    digest: 'ab'.repeat(32),
  }
  const policy = { version: '10.0.1.2', algorithm: 'sha256', digest: 'ab'.repeat(32) }
  assert.deepEqual(valuesOf(claims), {
    windows: true,
    'windows-resumed': false,
    'windows-bitlocker-pcr-closed': true,
    'windows-boot-debug': false,
    'windows-test-signing': false,
    'windows-flight-signing': false,
    'windows-code-integrity': true,
    'windows-boot-counter': 7,
    'windows-kernel-debug': false,
    'windows-hypervisor-debug': false,
    'windows-safe-mode': false,
    'windows-pe': false,
    'windows-dep-policy': 1,
    'windows-hypervisor-launched': true,
    'windows-hypervisor-iommu-policy': 0,
    'windows-boot-dma-protection': true,
    'windows-vbs-launched': true,
    'windows-vbs-required': true,
    'windows-vbs-mandatory': true,
    'windows-vbs-secure-boot-required': true,
    'windows-vbs-iommu-required': true,
    'windows-hvci-policy': 1,
    'windows-credential-guard': true,
    'windows-boot-manager-svn': 3,
    'windows-boot-revocations': revocations,
    'windows-os-revocations': revocations,
    'windows-bitlocker-unlock': ['TPM'],
    'windows-code-integrity-policies': [
      { name: '{first}.CIP', ...policy },
      { name: '{second}.CIP', ...policy },
    ],
    'windows-elam': ['Defender'],
    'windows-system-root': '\\Windows',
    'windows-version': '10.0.26100.1742',
    'windows-authorities': [toHex(digest('sha256', new Uint8Array(32).fill(0xab)))],
  })
  for (const [name, claim] of Object.entries(claims))
    if (name.startsWith('windows')) {
      assert.ok(claim.verified, name)
      assert.ok(claim.events.length > 0 || name === 'windows-resumed', `${name} has its events`)
    }
})

test('a boot of another system says only that it is not Windows', () => {
  const { claims } = told(cleanBoot())
  assert.deepEqual(valuesOf(claims), { windows: false })
  no(claims.windows!)
})

test('a boot that may hide Windows does not say that it is another', () => {
  const hidden = step(13, EV.IPL, new Uint8Array(4), Uint8Array.of(1))
  unverified(told([...cleanBoot(), hidden]).claims.windows!)
})

/** A log alone, held against what the TPM holds but for one register. */
function withoutValueOf(pcr: number, boot: readonly Step[]) {
  const { evidence } = evidenceOf(boot, { references: null, measured: null })
  const values = evidence.quotes.map(({ bank, pcrs }) => {
    const given = pcrs.filter(({ index }) => index !== pcr)
    return [bank, new Map(given.map(({ index, digest }) => [index, digest]))] as const
  })
  return appraiseEventLog({ ...evidence, pcrs: new Map(values), profile: 'strict' })
}

test('what a register says whose value is not known is not believed', () => {
  unverified(withoutValueOf(12, cleanBoot()).claims.windows!)
  const { claims } = withoutValueOf(12, windowsBoot())
  yes(claims.windows!)
  unverified(claims['windows-vbs-launched']!)
  const silent = withoutValueOf(14, windowsBoot()).claims
  unverified(silent['windows-authorities']!)
  yes(silent['windows-vbs-launched']!)
  unverified(withoutValueOf(11, windowsBoot()).claims['windows-bitlocker-pcr-closed']!)
})

test('VBS required and not launched are two claims', () => {
  const { claims, ids } = ofSystem(long('VSM_LAUNCH_TYPE', 0n), long('HYPERVISOR_LAUNCH_TYPE', 0n))
  yes(claims['windows-vbs-required']!)
  no(claims['windows-vbs-launched']!)
  assert.deepEqual(ids, [])
})

test('VBS launched and not required are two claims', () => {
  const { claims } = ofSystem(flag('VBS_VSM_REQUIRED', 0), flag('VBS_MANDATORY_ENFORCEMENT', 0))
  no(claims['windows-vbs-required']!)
  no(claims['windows-vbs-mandatory']!)
  yes(claims['windows-vbs-launched']!)
})

test('what Windows does not report is neither yes nor no', () => {
  const names = ['VSM_LAUNCH_TYPE', 'VBS_VSM_REQUIRED', 'VBS_HVCI_POLICY', 'LSAISO_CONFIG'] as const
  const { claims, ids } = silentOn(...names, 'OSKERNELDEBUG')
  assert.deepEqual(ids, [])
  for (const name of ['vbs-launched', 'vbs-required', 'hvci-policy', 'credential-guard'])
    notReported(claims[`windows-${name}`]!)
  notReported(claims['windows-kernel-debug']!)
  yes(claims['windows-hypervisor-launched']!)
})

test('Credential Guard is configured with a lock, without one, or not', () => {
  for (const [value, on] of [
    [0, false],
    [1, true],
    [2, true],
    [4, false],
  ] as const)
    assert.equal(
      ofSystem(short('LSAISO_CONFIG', value)).claims['windows-credential-guard']!.value,
      on,
    )
})

test('the HVCI policy is the number that Windows wrote, in one, four or eight bytes', () => {
  const policyOf = (tag: ReturnType<typeof flag>) =>
    ofSystem(tag).claims['windows-hvci-policy']!.value
  assert.equal(policyOf(flag('VBS_HVCI_POLICY', 1)), 1)
  assert.equal(policyOf(short('VBS_HVCI_POLICY', 0)), 0)
  assert.equal(policyOf(long('VBS_HVCI_POLICY', 2n)), 2)
  assert.equal(policyOf(long('VBS_HVCI_POLICY', 2n ** 64n - 1n)), '18446744073709551615')
})

test('what weakens stays on once a loader told it, what protects stays off', () => {
  const weak = [flag('TESTSIGNING', 1), flag('BOOTDEBUGGING', 1), flag('CODEINTEGRITY', 0)]
  const { claims, ids } = ofPart(
    windowsPart({ first: [...without(manager, ...weak.map(idOf)), ...weak] }),
  )
  yes(claims['windows-test-signing']!)
  yes(claims['windows-boot-debug']!)
  no(claims['windows-code-integrity']!)
  no(claims['windows-flight-signing']!)
  assert.deepEqual(ids, [])
})

for (const [claim, name] of [
  ['windows-kernel-debug', 'OSKERNELDEBUG'],
  ['windows-hypervisor-debug', 'HYPERVISOR_DEBUG'],
  ['windows-safe-mode', 'SAFEMODE'],
  ['windows-pe', 'WINPE'],
  ['windows-flight-signing', 'FLIGHTSIGNING'],
] as const)
  test(`${claim} is on when Windows says so`, () => yes(ofSystem(flag(name, 1)).claims[claim]!))

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

/** Every claim but `windows` and PCR 11's is null and unverified. */
function nothingBelieved({ claims }: ReturnType<typeof told>): void {
  yes(claims.windows!)
  for (const [name, claim] of Object.entries(claims))
    if (name.startsWith('windows-') && name !== 'windows-bitlocker-pcr-closed') unverified(claim)
}

test('what is said twice in one place is refused, though it says the same', () => {
  const result = ofPart(windowsPart({ second: [...system, flag('OSKERNELDEBUG', 0)] }))
  assert.deepEqual(result.ids, ['windows.duplicate', 'windows.duplicate'])
  nothingBelieved(result)
  const twice = module('\\a.sys', flag('IMAGEVALIDATED', 1))
  assert.deepEqual(ofPart(windowsPart({ loaded: [twice] })).ids, ['windows.duplicate'])
})

test('modules, policies, authorities and unlocked volumes may come many times', () => {
  const unlocked = [short('BITLOCKER_UNLOCK', 0), short('BITLOCKER_UNLOCK', 0x1040)]
  const { claims, ids } = ofPart(windowsPart({ second: [...system, ...unlocked] }))
  assert.deepEqual(ids, [])
  assert.deepEqual(claims['windows-bitlocker-unlock']!.value, ['TPM', 'RECOVERY', '0x1000'])
})

test('data that is not what was measured is refused, in every bank', () => {
  for (const bank of ['sha256', 'sha384'] as const) {
    const part = windowsPart()
    const digests = new Map(part[3]!.digests).set(bank, digest(bank, Uint8Array.of(1)))
    const result = ofPart(part.with(3, { ...part[3]!, digests }))
    assert.ok(result.ids.includes('windows.data'), bank)
    nothingBelieved(result)
  }
})

test('tags of which none is what was measured do not say that it is Windows', () => {
  const other = (bank: 'sha256' | 'sha384') => digest(bank, Uint8Array.of(1))
  const altered = windowsPart().map((one) =>
    one.eventType === EV.EVENT_TAG
      ? {
          ...one,
          digests: new Map([
            ['sha256', other('sha256')],
            ['sha384', other('sha384')],
          ] as const),
        }
      : one,
  )
  unverified(ofPart(altered).claims.windows!)
})

test('a separator that another bank measured otherwise ends nothing', () => {
  for (const bank of ['sha256', 'sha384'] as const) {
    const part = windowsPart()
    const digests = new Map(part[6]!.digests).set(bank, digest(bank, Uint8Array.of(1)))
    const { ids } = ofPart(part.with(6, { ...part[6]!, digests }))
    assert.ok(ids.includes('windows.separator.missing'), bank)
  }
})

test('of PCR 11 only what the boot manager measures there is of Windows', () => {
  const other = step(11, EV.NONHOST_INFO, Uint8Array.of(1))
  assert.deepEqual(ofPart([other, ...windowsPart()]).ids, ['eventlog.type'])
})

test('an event of another type, or of another writer, is refused', () => {
  const part = windowsPart()
  const relabelled = ofPart(part.with(3, { ...part[3]!, eventType: EV.IPL }))
  assert.ok(relabelled.ids.includes('windows.foreign'))
  nothingBelieved(relabelled)
  const foreign = step(12, EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 0, 0, 0, 0))
  const mixed = ofPart(part.toSpliced(4, 0, foreign))
  assert.deepEqual(mixed.ids, ['windows.foreign'])
  nothingBelieved(mixed)
})

test('a log whose every tag is relabelled is still of Windows, and says nothing', () => {
  for (const eventType of [EV.IPL, EV.COMPACT_HASH, EV.NONHOST_CONFIG]) {
    const relabelled = windowsPart().map((one) =>
      one.eventType === EV.EVENT_TAG ? { ...one, eventType } : one,
    )
    const result = ofPart(relabelled)
    assert.ok(result.ids.includes('windows.foreign'))
    nothingBelieved(result)
  }
})

test("Windows' own quotes, of no register, say nothing and harm nothing", () => {
  const reported = group('TRUSTBOUNDARY', flag('OSKERNELDEBUG', 1))
  const data = encodeSipa([group('TRUSTPOINT_AGGREGATION', reported)])
  const { claims, ids } = told([...windowsBoot(), step(NO_PCR, EV.NO_ACTION, data)])
  assert.deepEqual(ids, [])
  assert.deepEqual(valuesOf(claims), valuesOf(ofPart(windowsPart()).claims))
})

test('text in PCR 12 that begins like a tag does not make a boot one of Windows', () => {
  const textual = step(12, EV.IPL, toUtf16le('x\n quiet splash\0'))
  no(told([...cleanBoot(), textual]).claims.windows!)
})

test("tags in PCR 14 under shim's type are not taken for shim's", () => {
  const relabelled = windowsPart().map((one) =>
    one.pcrIndex === 14 && one.eventType === EV.EVENT_TAG ? { ...one, eventType: EV.IPL } : one,
  )
  assert.ok(ofPart(relabelled).ids.includes('windows.foreign'))
})

test("shim's measurements in PCR 14 are no fault; somebody else's tags there are", () => {
  const part = windowsPart()
  const mok = cleanBoot().find(({ pcrIndex }) => pcrIndex === 14)!
  assert.deepEqual(ofPart([mok, ...part]).ids, [])
  const foreign = step(14, EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 0, 0, 0, 0))
  assert.ok(ofPart([foreign, ...part]).ids.includes('windows.foreign'))
})

test('a structure that does not fill its event is refused', () => {
  const inner = Uint8Array.of(1, 0, 4, 0, 9, 0, 0, 0, 1)
  const data = Uint8Array.of(1, 0, 1, 0x40, inner.length, 0, 0, 0, ...inner)
  const result = ofPart(windowsPart().with(3, step(12, EV.EVENT_TAG, data)))
  assert.deepEqual(result.ids, ['windows.malformed'])
  nothingBelieved(result)
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

for (const pcr of [12, 13, 14])
  test(`without its separator PCR ${pcr} does not show where Windows' loader ended`, () => {
    const part = windowsPart().filter(
      (one) => one.pcrIndex !== pcr || one.eventType !== EV.SEPARATOR,
    )
    const result = ofPart(part)
    assert.deepEqual(result.ids, ['windows.separator.missing'])
    nothingBelieved(result)
  })

test('a register that Windows left alone needs no separator if it is of the authorities', () => {
  assert.deepEqual(ofPart(windowsPart().filter(({ pcrIndex }) => pcrIndex !== 14)).ids, [])
  const settingsOnly = windowsPart().filter(({ pcrIndex }) => pcrIndex !== 13)
  assert.deepEqual(ofPart(settingsOnly).ids, ['windows.separator.missing'])
})

test('a second separator is refused, and one of another value is none', () => {
  const twice = ofPart([...windowsPart(), end(12)])
  assert.deepEqual(twice.ids, ['windows.separator.repeated'])
  nothingBelieved(twice)
  const other = ofPart(windowsPart().with(6, end(12, 'WBCX')))
  assert.ok(other.ids.includes('windows.separator.missing'))
})

test("what is tagged after Windows' loader ended is ignored", () => {
  const late = [
    boundary(12, flag('OSKERNELDEBUG', 1), long('VSM_LAUNCH_TYPE', 0n), flag('TESTSIGNING', 1)),
    boundary(13, long('VBS_HVCI_POLICY', 0n)),
  ]
  const { claims, ids } = ofPart([...windowsPart(), ...late])
  no(claims['windows-kernel-debug']!)
  no(claims['windows-test-signing']!)
  yes(claims['windows-vbs-launched']!)
  assert.equal(claims['windows-hvci-policy']!.value, 1)
  assert.deepEqual(ids, [])
})

test('a claim cannot be added after the loader ended', () => {
  const part = windowsPart({ second: without(system, SIPAEVENT.VSM_LAUNCH_TYPE) })
  const { claims } = ofPart([...part, boundary(12, long('VSM_LAUNCH_TYPE', 1n))])
  notReported(claims['windows-vbs-launched']!)
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

test('tags that stand outside a boundary are heard as well', () => {
  const part = windowsPart({ second: without(system, SIPAEVENT.OSKERNELDEBUG) })
  const { claims } = ofPart(part.toSpliced(3, 0, tagged(12, flag('OSKERNELDEBUG', 1))))
  yes(claims['windows-kernel-debug']!)
})

test("Azure's names say what Windows reports, and nothing of what it does not", () => {
  assert.deepEqual(azureNamesOfWindows(ofPart(windowsPart()).claims), {
    'x-ms-azurevm-is-windows': true,
    'x-ms-azurevm-bootdebug-enabled': false,
    'x-ms-azurevm-kerneldebug-enabled': false,
    'x-ms-azurevm-hypervisordebug-enabled': false,
    'x-ms-azurevm-testsigning-enabled': false,
    'x-ms-azurevm-flightsigning-enabled': false,
    'x-ms-azurevm-hvci-policy': 1,
    'x-ms-azurevm-debuggersdisabled': true,
    'x-ms-azurevm-signingdisabled': true,
    'x-ms-azurevm-elam-enabled': true,
  })
  assert.deepEqual(azureNamesOfWindows(told(cleanBoot()).claims), {
    'x-ms-azurevm-is-windows': false,
  })
  const silent = azureNamesOfWindows(silentOn('OSKERNELDEBUG', 'FLIGHTSIGNING').claims)
  assert.ok(!('x-ms-azurevm-debuggersdisabled' in silent))
  const weak = azureNamesOfWindows(
    ofSystem(flag('TESTSIGNING', 1), flag('OSKERNELDEBUG', 1)).claims,
  )
  assert.equal(weak['x-ms-azurevm-signingdisabled'], false)
  assert.equal(weak['x-ms-azurevm-debuggersdisabled'], false)
  const bare = without(system, SIPAEVENT.HYPERVISOR_DEBUG, SIPAEVENT.HYPERVISOR_LAUNCH_TYPE)
  const launched = (type: bigint) =>
    azureNamesOfWindows(
      ofPart(windowsPart({ second: [...bare, long('HYPERVISOR_LAUNCH_TYPE', type)] })).claims,
    )['x-ms-azurevm-debuggersdisabled']
  assert.equal(launched(0n), true)
  assert.equal(launched(1n), undefined)
})

/** The events merged anew, each register's own in their order. */
function interleaved(boot: readonly Step[], random: (below: number) => number): Step[] {
  const queues = Map.groupBy(boot, ({ pcrIndex }) => pcrIndex)
  const left = [...queues.values()].map((steps) => [...steps])
  const merged: Step[] = []
  while (merged.length < boot.length) {
    const waiting = left.filter((steps) => steps.length > 0)
    merged.push(waiting[random(waiting.length)]!.shift()!)
  }
  return merged
}

test('no order between registers changes a claim: a TPM does not vouch for it', () => {
  const weak = [...without(system, SIPAEVENT.TESTSIGNING), flag('TESTSIGNING', 1)]
  const boot = windowsBoot(windowsPart({ second: weak }))
  const before = valuesOf(told(boot).claims)
  const random = randomFrom(3)
  for (let i = 0; i < 100; i++)
    assert.deepEqual(valuesOf(told(interleaved(boot, random)).claims), before)
})

test('an event dropped, moved or repeated gives no better claim', () => {
  const boot = windowsBoot()
  const input = evidenceOf(boot, { references: null, measured: null })
  const genuine = decodeEventLog(input.evidence.eventLog!)
  const events = genuine.events.slice(1)
  const tried = events.flatMap((event, i) => [
    events.toSpliced(i, 1),
    [...events, event],
    [...events.toSpliced(i, 1), event],
    events.with(i, { ...event, pcrIndex: event.pcrIndex === 12 ? 13 : 12 }),
  ])
  const before = valuesOf(told(boot).claims)
  for (const forged of tried) {
    const eventLog = encodeEventLog(buildEventLog(genuine.algorithms, forged))
    const evidence = { ...input.evidence, eventLog }
    const { claims, result } = appraiseEvidence({ ...input, evidence })
    if (result.tier === 'contraindicated') continue
    assert.deepEqual(valuesOf(claims), before)
  }
})
