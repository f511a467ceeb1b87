import assert from 'node:assert/strict'
import test from 'node:test'
import { equalBytes, MalformedError, toHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import type { HashName } from '@trusted-launch/crypto'
import { decodeEventLog, describeEvent, encodeEventLog, explain, replay } from '../src/index.ts'
import { evidence, evidenceJson, skipWithoutCorpus, wholeLogs } from './corpus.ts'

const skip = skipWithoutCorpus
const banksOf = (path: string): HashName[] =>
  decodeEventLog(evidence(path)).algorithms.filter((bank): bank is HashName =>
    ['sha1', 'sha256', 'sha384', 'sha512'].includes(bank),
  )

test('every real log is read and written to the same bytes', { skip }, () => {
  for (const path of wholeLogs) {
    const bytes = evidence(path)
    assert.ok(equalBytes(encodeEventLog(decodeEventLog(bytes)), bytes), path)
  }
})

test('in every real log each digest that ought to come out of its data does', { skip }, () => {
  for (const path of wholeLogs)
    for (const bank of banksOf(path)) {
      const log = decodeEventLog(evidence(path))
      assert.deepEqual(replay(log, bank).faults, [], path)
      for (const event of log.events) {
        const explanation = explain(event, bank)
        assert.notEqual(explanation.status, 'mismatch', `${path} event ${event.index}`)
        assert.notEqual(explanation.kind, 'undecodable', `${path} event ${event.index}`)
        assert.equal(explanation.disguised, null, `${path} event ${event.index}`)
        assert.doesNotMatch(describeEvent(event, explanation), /[\x00-\x1f\x7f]/)
      }
    }
})

const stated = [
  'arch-linux-workstation',
  'cos-85-amd-sev',
  'eventlogwithsp800155',
  'ubuntu-2104-no-secure-boot',
  'ubuntu-2404-amd-sevsnp',
]

test("replay gives the PCR values that the logs' recorders state, in each bank", { skip }, () => {
  let compared = 0
  for (const name of stated) {
    const log = decodeEventLog(evidence(`google__go-tpm-tools/eventlogs/${name}.bin`))
    const { banks } = evidenceJson(`google__go-tpm-tools/expected/${name}.bin.json`)
    for (const [bank, pcrs] of Object.entries<Record<string, string>>(banks))
      for (const [pcrIndex, value] of Object.entries(pcrs)) {
        const replayed = replay(log, bank as HashName).pcrs.get(Number(pcrIndex))!
        assert.equal(toHex(replayed.value), value, `${name} ${bank} ${pcrIndex}`)
        compared++
      }
  }
  assert.ok(compared > 80, `${compared}`)
})

test('a log quoted by a TPM replays to each quoted PCR from 0 to 9, and 14', { skip }, () => {
  for (const kind of ['rsa', 'ecc']) {
    const log = decodeEventLog(evidence(`own-evidence/${kind}/eventlog.bin`))
    const { pcrs } = evidenceJson(`own-evidence/${kind}/pcrs.json`)
    const replayed = replay(log, 'sha256')
    for (const pcrIndex of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14])
      assert.equal(toHex(replayed.pcrs.get(pcrIndex)!.value), pcrs[pcrIndex], `PCR ${pcrIndex}`)
    const count = { verified: 0, 'content-elsewhere': 0, mismatch: 0, 'not-extended': 0 }
    for (const event of log.events) count[explain(event, 'sha256').status]++
    assert.deepEqual(count, {
      verified: 33,
      'content-elsewhere': 12,
      mismatch: 0,
      'not-extended': 1,
    })
  }
})

const attack = (name: string) => evidence(`derived-attacks/${name}.bin`)
const malformed: Record<string, RegExp> = {
  '12-duplicate-sha256-digest': /4 digests where the log declares 3/,
  '14-sha256-digest-missing': /2 digests where the log declares 3/,
  '20-pcr-index-200': /no PCR 200/,
  '22-digest-count-4G': /4294967295 digests/,
  '24-trailing-ff-padding': /digests/,
  '26-specid-sha256-size-20': /sha256 digests of 20 bytes/,
}

test('attacks on the form of a log are malformed', { skip }, () => {
  for (const [name, reason] of Object.entries(malformed))
    assert.throws(
      () => decodeEventLog(attack(name)),
      (e) => e instanceof MalformedError && reason.test(e.reason),
      name,
    )
  for (const name of [
    'event_size_3GB.bin',
    'specid_invalid_version.bin',
    'specid_malicious_num_algs.bin',
  ])
    assert.throws(
      () => decodeEventLog(evidence(`google__go-attestation/malformed/${name}`)),
      MalformedError,
    )
  for (const name of ['binary_bios_measurements-bogus', 'binary_bios_measurements-empty'])
    assert.throws(() => decodeEventLog(evidence(`keylime__keylime/mb/${name}`)), MalformedError)
})

/** What an attack on a log's meaning shows: a fault of the replay, or of an event, or a PCR that differs. */
function signsOf(name: string, bank: HashName): string[] {
  const log = decodeEventLog(attack(name))
  const { quotedPcrs } = evidenceJson(`derived-attacks/expected/${name}.json`)
  const { pcrs, faults } = replay(log, bank)
  const signs: string[] = faults.map(({ code }) => code)
  for (const { pcrIndex, value } of pcrs.values())
    if (toHex(value) !== quotedPcrs[bank][pcrIndex]) signs.push(`PCR ${pcrIndex} differs`)
  for (const event of log.events) {
    const { status, disguised, kind } = explain(event, bank)
    if (status === 'mismatch') signs.push(`event ${event.index} mismatch`)
    if (disguised !== null) signs.push(`disguised ${disguised}`)
    if (kind === 'undecodable') signs.push(`event ${event.index} undecodable`)
  }
  return signs
}

test('edited data is a mismatch, and a forged NO_ACTION changes nothing', { skip }, () => {
  assert.deepEqual(signsOf('00a-control-secureboot-off', 'sha256'), [])
  assert.deepEqual(signsOf('00b-control-secureboot-on', 'sha256'), [])
  assert.match(signsOf('02-db-data-edited', 'sha256').join(), /^event \d+ mismatch$/)
  assert.match(signsOf('16-kernel-cmdline-data-edited', 'sha256').join(), /^event \d+ mismatch$/)
  assert.deepEqual(signsOf('04-no-action-carries-secureboot-on', 'sha256'), [])
})

test('events hidden under other types are disguised', { skip }, () => {
  for (const name of ['06-pcr7-all-retyped-vendor', '40-pcr7-hidden-as-unused-then-forged'])
    assert.deepEqual(signsOf(name, 'sha256'), [
      'disguised SecureBoot = 0',
      'disguised separator 0x00000000',
    ])
})

test('a startup locality that is late or repeated is a fault', { skip }, () => {
  assert.ok(
    signsOf('08-startuplocality-after-pcr0-events', 'sha256').includes('startup-locality-late'),
  )
  assert.ok(signsOf('10-startuplocality-twice', 'sha256').includes('startup-locality-repeated'))
})

test('events left out of the log, or extended outside it, show in their PCR', { skip }, () => {
  assert.deepEqual(signsOf('18-exit-boot-services-dropped', 'sha256'), ['PCR 5 differs'])
  assert.deepEqual(signsOf('76-userspace-extended-pcr9-not-in-log', 'sha256'), ['PCR 9 differs'])
  assert.match(signsOf('46-separator-5-bytes', 'sha256').join(), /undecodable/)
})

test('a TPM 1.2 log and its quoted PCRs agree', { skip }, () => {
  const log = decodeEventLog(evidence('google__go-eventlog/legacydata/linux_tpm12.eventlog.bin'), {
    formats: ['tcg-1.2'],
  })
  assert.equal(log.events.length, 40)
  for (const event of log.events) assert.notEqual(explain(event, 'sha1').status, 'mismatch')
})

test('mutations of whole real logs are logs or malformed, never anything else', { skip }, () => {
  const random = randomFrom(11)
  for (const path of wholeLogs) {
    const bytes = evidence(path)
    for (let i = 0; i < 40; i++) {
      const mutated = bytes.slice(0, random(4) === 0 ? random(bytes.length) : bytes.length)
      for (let k = random(8); k >= 0 && mutated.length > 0; k--)
        mutated[random(mutated.length)] = random(256)
      try {
        const log = decodeEventLog(mutated)
        assert.ok(equalBytes(encodeEventLog(log), mutated))
        for (const event of log.events) describeEvent(event, explain(event, 'sha256'))
        replay(log, 'sha256')
      } catch (e) {
        assert.ok(e instanceof MalformedError, `${path}: ${e}`)
      }
    }
  }
})

test('a confidential VM’s log begins in its first register, ends in padding, and replays to its registers', {
  skip,
}, () => {
  const folder = 'google__go-eventlog'
  for (const name of ['cos-113-intel-tdx', 'cos-113-intel-tdx-dupe-separator']) {
    const bytes = evidence(`${folder}/ccel/${name}.bin`)
    assert.throws(() => decodeEventLog(bytes), MalformedError)
    const { pcrs } = replay(decodeEventLog(bytes, { padding: 'acpi' }), 'sha384')
    const { rtmr_sha384: stated } = evidenceJson(`${folder}/expected/${name}.bin.json`)
    for (const [register, value] of Object.entries<string>(stated))
      assert.equal(toHex(pcrs.get(Number(register) + 1)!.value), value, `RTMR ${register}`)
  }
})
