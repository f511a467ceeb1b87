import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '@trusted-launch/codec/check'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { claimsOf } from '../src/claims.ts'
import { PcrValues } from '../src/pcr-values.ts'
import { VerifiedEventLog } from '../src/verify-event-log.ts'
import { readCorpus, withoutCorpus } from './corpus.ts'
import { assertAbout } from './log-edit.ts'

const skip = withoutCorpus
const folder = 'google__go-attestation'
const flips = 2000

/** A Windows Server of 2018: its log, in TPM 1.2's format, and what its TPM held. */
function recorded() {
  const text = new TextDecoder().decode(readCorpus(folder, 'windows_gcp_shielded_vm.json'))
  const given: { Index: number; Digest: string }[] = JSON.parse(text).Log.PCRs
  const pcrs = given.map(
    ({ Index, Digest }) => [Index, Uint8Array.from(Buffer.from(Digest, 'base64'))] as const,
  )
  const eventLog = readCorpus(folder, 'windows_gcp_shielded_vm.wbcl.bin')
  return { eventLog, imaLog: null, userspaceLog: null, pcrs: new Map(pcrs) }
}

type Recorded = ReturnType<typeof recorded>

/** The claims its registers vouch for; null: they vouch for nothing. */
function claimed(given: Recorded) {
  const values = PcrValues.asGivenByCaller('sha1', given.pcrs)
  const log = VerifiedEventLog.verify(given, [values], 'pc-client')
  return log instanceof VerifiedEventLog ? claimsOf(log) : null
}

test('what checks find in a real Windows log names events that they judged', { skip }, () => {
  const { pcrs, ...logs } = recorded()
  assertAbout({ ...logs, pcrs: new Map([['sha1', pcrs]]), profile: 'pc-client' })
})

test('a real Windows log of before VBS has each claim: off, or not reported', { skip }, () => {
  const claims = claimed(recorded())!
  const told = (verified: boolean, known: boolean) =>
    Object.entries(claims)
      .filter(([name]) => name.startsWith('windows'))
      .filter(([, claim]) => claim.verified === verified && (claim.value !== null) === known)
  assert.deepEqual(told(false, true), [])
  assert.deepEqual(told(false, false), [])
  assert.deepEqual(
    told(true, false).map(([name]) => name),
    [
      'windows-hypervisor-debug',
      'windows-hypervisor-iommu-policy',
      'windows-boot-dma-protection',
      'windows-vbs-required',
      'windows-vbs-mandatory',
      'windows-vbs-secure-boot-required',
      'windows-vbs-iommu-required',
      'windows-hvci-policy',
      'windows-credential-guard',
      'windows-code-integrity-policies',
      'windows-version',
    ],
  )
  const values = Object.fromEntries(told(true, true).map(([name, { value }]) => [name, value]))
  const { 'windows-authorities': authorities, ...others } = values
  assert.equal((authorities as unknown[]).length, 3)
  assert.deepEqual(others, {
    windows: true,
    'windows-resumed': false,
    'windows-bitlocker-pcr-closed': true,
    'windows-boot-debug': false,
    'windows-test-signing': false,
    'windows-flight-signing': false,
    'windows-code-integrity': true,
    'windows-boot-counter': 4,
    'windows-kernel-debug': false,
    'windows-safe-mode': false,
    'windows-pe': false,
    'windows-dep-policy': 1,
    'windows-hypervisor-launched': false,
    'windows-vbs-launched': false,
    'windows-boot-manager-svn': 1,
    'windows-boot-revocations': {
      created: '2017-12-12T17:43:11.000Z',
      algorithm: 'sha256',
      digest: '76dea1e54ada0c2e765bdb30099a573965ace595bd9af0dd82429c3ef3780cf3',
    },
    'windows-os-revocations': {
      created: '2017-12-12T17:42:57.000Z',
      algorithm: 'sha256',
      digest: '1bab1978c5b1129914361dc69ea6093a31472053d2c62945551eb2772e387cde',
    },
    'windows-bitlocker-unlock': [],
    'windows-elam': ['Windows Defender'],
    'windows-system-root': '\\Windows',
  })
})

test('its firmware measured too little to be believed, its Windows part has no fault', {
  skip,
}, () => {
  const { pcrs, ...logs } = recorded()
  const { verified, claims, findings } = appraiseEventLog({
    ...logs,
    pcrs: new Map([['sha1', pcrs]]),
    profile: 'pc-client',
  })
  assert.equal(verified, false)
  assert.ok(findings.some(({ id }) => id === 'eventlog.separator.missing'))
  assert.deepEqual(
    findings.filter(({ id, pcr }) => id.startsWith('windows.') || (pcr ?? 0) > 10),
    [],
  )
  assert.deepEqual(
    [claims['windows-vbs-launched']?.value, claims.windows?.verified],
    [false, false],
  )
})

test('a changed bit in it changes no claim: it takes claims away, or nothing', { skip }, () => {
  const given = recorded()
  const before = claimed(given)!
  const random = randomFrom(Number(process.env.FUZZ_SEED ?? 1))
  for (let i = 0; i < flips; i++) {
    const eventLog = given.eventLog.slice()
    const at = random(eventLog.length)
    eventLog[at]! ^= 1 << random(8)
    for (const [name, { value, verified }] of Object.entries(claimed({ ...given, eventLog }) ?? {}))
      if (name.startsWith('windows') && verified)
        assert.deepEqual(value, before[name]!.value, `${name}, byte ${at}`)
  }
})
