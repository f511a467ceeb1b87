import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { EV, SIPAEVENT } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { CLAIM_FORMS } from '../src/claim-names.ts'
import { azureNamesOfWindows } from '../src/windows-azure-names.ts'
import { cleanBoot, evidenceOf, type Step, step } from './boot.ts'
import { given } from './given.ts'
import { flag, long, manager, short, system, windowsBoot, windowsPart } from './windows.ts'
import {
  idOf,
  no,
  notReported,
  ofPart,
  ofSystem,
  silentOn,
  told,
  unverified,
  valuesOf,
  without,
  yes,
} from './windows-told.ts'

/** A log alone, held against what the TPM holds but for one register. */
function withoutValueOf(pcr: number, boot: readonly Step[]) {
  const { evidence } = evidenceOf(boot, { references: null, measured: null })
  const values = evidence.quotes.map(({ bank, pcrs }) => {
    const given = pcrs.filter(({ index }) => index !== pcr)
    return [bank, new Map(given.map(({ index, digest }) => [index, digest]))] as const
  })
  return appraiseEventLog({ ...evidence, pcrs: new Map(values), profile: 'strict' })
}

test('a boot that tells everything has every claim, verified, and no finding', () => {
  const { claims, ids } = ofPart(windowsPart())
  assert.deepEqual(ids, [])
  const forms = { boolean: 'flag', number: 'number', string: 'text', object: 'details' }
  for (const [name, value] of Object.entries(valuesOf(claims)))
    assert.equal(CLAIM_FORMS[name], forms[typeof value as 'object'], name)
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

/** A log from which a register's events were taken out, held against what the TPM holds. */
function withoutEventsOf(
  pcrs: readonly number[],
  userspaceLog: Uint8Array | null = null,
  boot: readonly Step[] = windowsBoot(),
) {
  const { evidence } = evidenceOf(boot, { references: null, measured: null })
  const left = boot.filter(({ pcrIndex }) => !pcrs.includes(pcrIndex))
  const { eventLog } = evidenceOf(left, { references: null, measured: null }).evidence
  const values = evidence.quotes.map(
    ({ bank, pcrs: quoted }) =>
      [bank, new Map(quoted.map(({ index, digest }) => [index, digest]))] as const,
  )
  const logs = { eventLog, imaLog: null, userspaceLog }
  return appraiseEventLog({ ...logs, pcrs: new Map(values), profile: 'pc-client' })
}

test('an imported log that events of Windows are taken out of is refused, and verifies nothing', () => {
  for (const pcrs of [[12, 13, 14], [11, 12, 13], [14], [11]]) {
    const { claims, verified } = withoutEventsOf(pcrs)
    assert.equal(verified, false)
    assert.ok(Object.values(claims).every((claim) => !claim.verified))
  }
})

/** These registers' events, told as systemd's. */
function toldAsSystemds(boot: readonly Step[], pcrs: readonly number[]): Uint8Array {
  const records = boot
    .filter(({ pcrIndex }) => pcrs.includes(pcrIndex))
    .map(({ pcrIndex, digests }) => ({
      pcr: pcrIndex,
      digests: [...digests].map(([hashAlg, value]) => ({ hashAlg, digest: toHex(value) })),
    }))
  return toUtf8(records.map((record) => `\x1e${JSON.stringify(record)}\n`).join(''))
}

test("events of Windows that are told as systemd's do not make a boot one of another system", () => {
  // What PCR 14 holds of Windows shows in the log.
  const boot = windowsBoot().filter(({ pcrIndex }) => pcrIndex !== 14)
  const log = toldAsSystemds(boot, [12, 13])
  const { claims, verified } = withoutEventsOf([12, 13], log, boot)
  assert.equal(verified, true)
  unverified(claims.windows!)
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

test('what ends a register of Windows says that it is Windows, though all else is told as something else', () => {
  const others = windowsPart().map((one) =>
    one.eventType === EV.EVENT_TAG ? { ...one, eventType: EV.IPL, data: fromLatin1('x') } : one,
  )
  const { claims, verified } = appraiseEventLog(given(windowsBoot(others), 'pc-client'))
  assert.equal(verified, false)
  assert.equal(claims.windows!.value, true)
  const rest = others.filter(({ pcrIndex }) => pcrIndex !== 12)
  const tagged = appraiseEventLog(given(windowsBoot(rest), 'pc-client'))
  assert.equal(tagged.verified, false)
  assert.equal(tagged.claims.windows!.value, true)
})

test('a kernel whose root extends what Windows would is not taken for Windows', () => {
  const { claims, verified, findings } = appraiseEventLog(
    given(cleanBoot().toSpliced(-2, 0, ...windowsPart())),
  )
  assert.equal(verified, false)
  assert.ok(findings.some(({ id }) => id === 'windows.foreign'))
  assert.equal(claims['windows-vbs-launched']!.verified, false)
})

test('what Windows tells against itself cannot be kept out of the log: what is not known is not excused', () => {
  const second = [...without(system, SIPAEVENT.TESTSIGNING), flag('TESTSIGNING', 1)]
  const boot = windowsBoot(windowsPart({ second }))
  const told = evidenceOf(boot, { references: null, measured: null })
  const logWithout = (...pcrs: number[]) => {
    const left = boot.filter(({ pcrIndex }) => !pcrs.includes(pcrIndex))
    return evidenceOf(left, { measured: null }).evidence.eventLog
  }
  const expectation = { ...told.expectation, profile: 'pc-client' as const }
  const tierAndIds = (evidence: Partial<typeof told.evidence>) => {
    const input = { ...told, expectation, evidence: { ...told.evidence, ...evidence } }
    const { result } = appraiseEvidence(input)
    return [result.tier, ...result.findings.map(({ id }) => id)]
  }
  const userspaceLog = toldAsSystemds(boot, [12, 13])
  for (const [evidence, id] of [
    [{}, 'policy.requirement'],
    [{ eventLog: logWithout(12, 13), userspaceLog }, 'policy.requirement'],
    [{ eventLog: logWithout(12, 13, 14) }, 'pcr.unexplained'],
  ] as const) {
    const [tier, ...found] = tierAndIds(evidence)
    assert.equal(tier, 'contraindicated')
    assert.ok(found.includes(id), found.join(' '))
  }
})
