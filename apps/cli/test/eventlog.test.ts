import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { type FindingId, findingOf } from '@trusted-launch/attestation'
import { concat, fromLatin1, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { buildEventLog, decodeEventLog, EV, encodeEventLog, replay } from '@trusted-launch/eventlog'
import { isMalformed } from '../src/input-fault.ts'
import { asText, fileOf, golden, smallLog, tl, tlOf } from './a-run.ts'

const log = () => fileOf('log.bin', smallLog())

/** The PCR values the small log leaves, as JSON; `change` may change them. */
function pcrs(change: Record<string, string> = {}, bank: 'sha256' | 'sha384' = 'sha256'): string {
  const { pcrs: values } = replay(decodeEventLog(smallLog()), bank)
  const hex = [...values.values()].map(({ pcrIndex, value }) => [pcrIndex, toHex(value)])
  return fileOf('pcrs.json', JSON.stringify({ [bank]: { ...Object.fromEntries(hex), ...change } }))
}

test('a log is printed a line an event, and its PCRs in a table', async (t) => {
  const { code, out, err } = await tl('eventlog', log(), '--bank', 'sha256')
  assert.deepEqual([code, err], [0, ''])
  t.assert.fileSnapshot(out, golden('eventlog'), asText)
})

const recorded = join(import.meta.dirname, '../../../packages/eventlog/testdata/small-secure-boot')

test('one boot of the small guest is verified whole, its IMA list included: 0', async (t) => {
  const [file, values] = [join(recorded, 'event-log'), join(recorded, 'pcrs.json')]
  const ima = join(recorded, 'ima-list')
  const { code, out } = await tl('eventlog', file, '--pcrs', values, '--ima', ima)
  assert.equal(code, 0)
  const [log, claims] = out.split(/^(?=claim )/m)
  t.assert.fileSnapshot(log!, golden('eventlog-small-secure-boot'), asText)
  assert.match(claims!, /^secure-boot +verified +4 +true$/m)
  // of the modules that it loaded one may be another kernel: nothing says which are the kernel's own
  assert.match(claims!, /^command-line +not verified +41 +\/vmlinuz console=ttyS0 loglevel=6$/m)
  assert.match(claims!, /^ +reference-values\.modules \(PCR 10, event 1-14\)$/m)
  assert.match(claims!, /^boot-counter +not reported$/m)
  assert.match(claims!, /\n\nverified\n$/)
  const without = await tl('eventlog', file, '--pcrs', values)
  assert.equal(without.code, 4, 'nothing explains PCR 10')
  assert.match(without.out, /^10 .* not explained$/m)
  const strict = await tl('eventlog', file, '--pcrs', values, '--profile', 'strict')
  assert.equal(strict.code, 3)
  assert.match(strict.out, /^10 .* not explained$/m)
})

/** The recorded boot's values, in another form or with other values. */
function recordedPcrs(change: Record<string, string | null> = {}): string {
  const { sha256 } = JSON.parse(readFileSync(join(recorded, 'pcrs.json'), 'utf8'))
  const values = Object.entries({ ...sha256, ...change }).filter(([, value]) => value !== null)
  return fileOf('pcrs.json', JSON.stringify({ sha256: Object.fromEntries(values) }))
}
const ima = ['--ima', join(recorded, 'ima-list')]
const recordedLog = join(recorded, 'event-log')
const idsOf = (out: string) => JSON.parse(out).findings.map(({ id }: { id: string }) => id)

test('a log that gives its PCR values and is not well-formed is refused: 3', async () => {
  const { code, out } = await tl('eventlog', log(), '--pcrs', pcrs(), '--json')
  assert.equal(code, 3)
  assert.ok(idsOf(out).includes('eventlog.separator.missing'), out)
})

test('what tpm2_pcrread prints is read too', async () => {
  const { sha256 } = JSON.parse(readFileSync(join(recorded, 'pcrs.json'), 'utf8'))
  const lines = Object.entries<string>(sha256).map(
    ([pcr, hex]) => `  ${pcr} : 0x${hex.toUpperCase()}`,
  )
  const file = fileOf('pcrs.txt', `  sha256:\n${lines.join('\n')}\n`)
  const { code, out } = await tl('eventlog', recordedLog, '--pcrs', file, ...ima, '--json')
  assert.equal(code, 0)
  const { verified, secureBoot, claims } = JSON.parse(out)
  assert.deepEqual([verified, secureBoot, claims['os-present'].verified], [true, 'on', true])
})

test('a PCR that differs, or that nothing explains, is named: 3', async () => {
  const edited = recordedPcrs({ 4: '11'.repeat(32), 12: '22'.repeat(32) })
  const { code, out } = await tl('eventlog', recordedLog, '--pcrs', edited, ...ima)
  assert.equal(code, 3)
  assert.match(out, /^4 .* different$/m)
  assert.match(out, /The event log does not give PCR 4 \(sha256\)/)
  assert.match(out, /^12 .* not explained$/m)
  assert.match(out, /refused\n$/)
})

test('without PCR 0 to 7 a log is refused; without others what they hold stays unverified: 4', async () => {
  const without = await tl('eventlog', recordedLog, '--pcrs', recordedPcrs({ 3: null }), ...ima)
  assert.equal(without.code, 3)
  assert.match(without.out, /PCR 3 are missing/)
  const some = recordedPcrs({ 8: null, 9: null, 10: null })
  const { code, out } = await tl('eventlog', recordedLog, '--pcrs', some, '--json')
  assert.equal(code, 4)
  assert.equal(JSON.parse(out).claims['command-line'].verified, false)
})

test('edited data is a mismatch that is shown: 3 with PCRs, without nothing is verified anyway', async () => {
  const edited = fileOf(
    'log.bin',
    smallLog((events) =>
      events.map((one) =>
        one.pcrIndex === 8 ? { ...one, data: fromLatin1('kernel_cmdline: /vmlinuz evil!\0') } : one,
      ),
    ),
  )
  const printed = await tl('eventlog', edited)
  assert.equal(printed.code, 0)
  assert.match(printed.out, /MISMATCH {4}kernel_cmdline: \/vmlinuz evil!/)
  assert.match(printed.out, /nothing is verified: no PCR values were given/)
  const { code, out } = await tl('eventlog', edited, '--pcrs', pcrs(), '--json')
  assert.equal(code, 3)
  assert.ok(idsOf(out).includes('eventlog.data'), out)
})

test('a file that is no log, or cannot be read, is named with what is wrong with it', async () => {
  const rubbish = fileOf('rubbish', 'root:x:0:0:root:/root:/bin/bash and some more bytes of that')
  const said = async (...args: string[]) => {
    const { code, err } = await tl('eventlog', ...args)
    return { code, err }
  }
  const noLog = await said(rubbish)
  assert.equal(noLog.code, 5)
  assert.ok(noLog.err.startsWith(`tl: ${rubbish}: malformed: EventLog`), noLog.err)
  const noPcrs = await said(log(), '--pcrs', rubbish)
  assert.equal(noPcrs.code, 5)
  assert.ok(noPcrs.err.startsWith(`tl: ${rubbish}: not a file of PCR values: `), noPcrs.err)
  const noList = await said(log(), '--pcrs', pcrs(), '--ima', rubbish)
  assert.equal(noList.code, 5)
  assert.match(noList.err, /malformed: .*ImaList/)
  const err = 'tl: cannot read /nowhere: there is no such file\n'
  assert.deepEqual(await said('/nowhere'), { code: 1, err })
  assert.deepEqual(await said('/'), { code: 1, err: 'tl: cannot read /: it is a directory\n' })
})

test('an IMA list without PCR values is wrong usage: 2', async () => {
  const { code, out, err } = await tl('eventlog', log(), '--ima', join(recorded, 'ima-list'))
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /--ima wants --pcrs/)
})

test('--json is one document with the same content', async () => {
  const { out } = await tl('eventlog', log(), '--json')
  const document = JSON.parse(out)
  assert.deepEqual([document.bank, document.events.length], ['sha384', 8])
  assert.equal(document.events[6].rule, 'text-without-prefix')
  assert.deepEqual(document.events[6].covers, { start: 16, end: 30 })
})

test('a log of the TPM 1.2 format is malformed in strict, and the profile that reads it is told', async () => {
  const separator = Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0, ...digest('sha1', new Uint8Array(4)))
  const old = fileOf('log.bin', concat(separator, Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0)))
  const { code, err } = await tl('eventlog', old, '--profile', 'strict')
  assert.equal(code, 5)
  assert.match(err, /it is of the TPM 1\.2 format, which only --profile pc-client reads\n$/)
  assert.equal((await tl('eventlog', old)).code, 0)
})

test('a malformed log, or malformed values, end in 5 and a line that says where', async () => {
  const cut = await tl('eventlog', fileOf('log.bin', smallLog().subarray(0, 300)))
  assert.equal(cut.code, 5)
  assert.match(
    cut.err,
    /^tl: .*log\.bin: malformed: EventLog\.events\[\d\]\..*truncated at byte \d+; the file ends too early: copy it whole, with cat\n$/,
  )
  const empty = await tl('eventlog', fileOf('log.bin', ''))
  assert.equal(empty.code, 5)
  assert.match(
    empty.err,
    /log\.bin: not an event log: the file is empty: read it with cat, as root\n$/,
  )
  const table = await tl('eventlog', fileOf('CCEL', 'CCEL\x38\0\0\0'), '--json')
  assert.equal(table.code, 5)
  assert.match(JSON.parse(table.out).findings[0].summary, /not an event log: .*tables\/data\/CCEL/)
  for (const text of [
    '{',
    '{}',
    '{"md5":{}}',
    '{"sha256":{"24":"00"}}',
    '{"sha256":{"0":"00"}}',
    'hello',
    '{"sha256":[]}',
  ])
    assert.equal((await tl('eventlog', log(), '--pcrs', fileOf('pcrs', text))).code, 5, text)
  assert.equal((await tl('eventlog', fileOf('log', new Uint8Array((1 << 20) + 1)))).code, 5)
})

test('--json is a document in every case, and says what is wrong with what cannot be taken', async () => {
  const cases: [number, string, string[]][] = [
    [5, 'eventlog.malformed', [fileOf('log.bin', 'rubbish')]],
    [5, 'input.malformed', [fileOf('log.bin', '')]],
    [5, 'pcrs.malformed', [log(), '--pcrs', fileOf('pcrs', 'rubbish')]],
    [5, 'ima.malformed', [recordedLog, '--pcrs', recordedPcrs(), '--ima', fileOf('ima', 'rub')]],
    [5, 'input.malformed', [fileOf('log', new Uint8Array((1 << 20) + 1))]],
    [1, 'input.unreadable', ['/nowhere']],
    [2, 'input.usage', [log(), ...ima]],
    [2, 'input.usage', [log(), '--profile', 'lenient']],
    [2, 'input.usage', []],
  ]
  for (const [code, id, args] of cases) {
    const ran = await tl('eventlog', ...args, '--json')
    const document = JSON.parse(ran.out)
    assert.deepEqual([ran.code, document.findings[0].id], [code, id])
    const keys = ['bank', 'claims', 'events', 'findings', 'secureBoot', 'verified']
    for (const key of keys) assert.ok(key in document, `${id}: ${key}`)
    assert.equal(document.secureBoot, 'unverified')
    assert.notEqual(ran.err, '')
  }
})

test('on a terminal every line fits: what an event says may go below, the tables wrap', async () => {
  for (const width of [80, 200]) {
    const { out } = await tlOf({ width }, 'eventlog', recordedLog, '--pcrs', recordedPcrs(), ...ima)
    for (const line of out.split('\n')) assert.ok(line.length <= width, line)
  }
})

test('a file that is not there ends in 1, wrong usage in 2', async () => {
  assert.equal((await tl('eventlog', '/nowhere/at/all')).code, 1)
  assert.equal((await tl('eventlog')).code, 2)
  assert.equal((await tl('eventlog', log(), '--bank', 'md5')).code, 2)
  assert.equal((await tl('eventlog', log(), '--bank', 'sha1')).code, 2)
  assert.equal((await tl('eventlog', log(), '--nonsense')).code, 2)
})

/** A log of a confidential VM: of one bank, beginning in register 1, with what its stub tags and padding behind. */
const confidential = (first: number) => {
  const tag = concat(Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 4, 0, 0, 0), fromLatin1('init'))
  const events = [
    { pcrIndex: 3, eventType: EV.EVENT_TAG, data: tag, measured: 'the initrd' },
    { pcrIndex: 1, eventType: EV.SEPARATOR, data: new Uint8Array(4), measured: '\0\0\0\0' },
  ].map(({ measured, ...event }) => ({
    ...event,
    digests: new Map([['sha384', digest('sha384', fromLatin1(measured))] as const]),
  }))
  const bytes = encodeEventLog(buildEventLog(['sha384'], events))
  bytes[0] = first
  return concat(bytes, new Uint8Array(256))
}

test("a confidential VM's log is shown as such: registers, and what its stub loaded", async () => {
  const { code, out } = await tl('eventlog', fileOf('CCEL', confidential(1)))
  assert.equal(code, 0)
  assert.match(out, /^3 events, .*\na confidential VM's log: .* RTMR n-1/)
  assert.match(out, /PCR 3 +EV_EVENT_TAG +[0-9a-f]+ +digest /)
  assert.doesNotMatch(out, /MISMATCH/)
})

test('of a log that only reads with its padding left out it is said how', async () => {
  const file = fileOf('CCEL', confidential(0))
  const { code, err } = await tl('eventlog', file)
  assert.equal(code, 5)
  assert.match(err, /: malformed: .*; what follows is padding, as an ACPI CCEL area has: --ccel\n$/)
  assert.equal((await tl('eventlog', file, '--ccel')).code, 0)
  const rubbish = await tl('eventlog', fileOf('log', 'rubbish'))
  assert.match(rubbish.err, /malformed: EventLog\.events\[0\].*; no event log begins so\n$/)
})

test('of a log without a bank that can be replayed that is said', async () => {
  const only = encodeEventLog(buildEventLog(['sm3_256'], []))
  const { code, out } = await tl('eventlog', fileOf('log', only))
  assert.equal(code, 0)
  assert.match(out, /banks sm3_256; shown: -/)
  assert.match(out, /nothing is shown: the log has no bank that can be replayed \(sha1, sha256, /)
})

test('a log whose Windows part does not read is refused, and not malformed', () => {
  const of = (id: FindingId) => isMalformed([findingOf({ id, summary: '' })])
  assert.equal(of('windows.malformed'), false)
  assert.equal(of('userspace-log.malformed'), true)
})

/** A name of a hash that is no text, has no text, or is none. */
const notNames = [
  '{"toString":0,"valueOf":0}',
  '["sha256"]',
  '[]',
  'null',
  `${'['.repeat(9999)}${']'.repeat(9999)}`,
]

test("JSON of another kind in a log of userspace's, or in PCR values, is malformed: 5, with the document", async () => {
  const log = fileOf('log', encodeEventLog(buildEventLog(['sha256'], [])))
  const none = Array.from({ length: 16 }, (_, pcr) => [pcr, '00'.repeat(32)])
  const zeros = fileOf('zeros', JSON.stringify({ sha256: Object.fromEntries(none) }))
  for (const hashAlg of notNames) {
    const digests = `[{"hashAlg":${hashAlg},"digest":""}]`
    const userspace = fileOf('userspace', `\x1e{"pcr":11,"digests":${digests}}\n`)
    const pcrs = fileOf('pcrs', `{"alg":${hashAlg},"pcrs":{"0":"00"}}`)
    for (const options of [
      ['--pcrs', zeros, '--userspace-log', userspace],
      ['--pcrs', pcrs],
    ]) {
      const { code, out } = await tl('eventlog', log, '--json', ...options)
      assert.equal(code, 5, `${options.at(-2)} ${hashAlg.slice(0, 40)}`)
      assert.equal(typeof JSON.parse(out), 'object')
    }
  }
})
