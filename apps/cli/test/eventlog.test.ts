import assert from 'node:assert/strict'
import { join } from 'node:path'
import test from 'node:test'
import { fromLatin1, toHex } from '@trusted-launch/codec'
import { decodeEventLog, replay } from '@trusted-launch/eventlog'
import { asText, fileOf, golden, smallLog, tl } from './a-run.ts'

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
  t.assert.fileSnapshot(out, golden('eventlog-small-secure-boot'), asText)
  const without = await tl('eventlog', file, '--pcrs', values)
  assert.equal(without.code, 4)
})

test('a log and its PCR values agree: 0', async (t) => {
  const { code, out } = await tl('eventlog', log(), '--pcrs', pcrs())
  assert.equal(code, 0)
  t.assert.fileSnapshot(out, golden('eventlog-with-pcrs'), asText)
})

test('what tpm2_pcrread prints is read too', async () => {
  const value = toHex(replay(decodeEventLog(smallLog()), 'sha256').pcrs.get(4)!.value)
  const file = fileOf('pcrs.txt', `  sha256:\n    4 : 0x${value.toUpperCase()}\n`)
  const { code, out } = await tl('eventlog', log(), '--pcrs', file, '--json')
  assert.equal(code, 4, 'the other PCRs have no value')
  assert.equal(JSON.parse(out).pcrs.find(({ pcr }: { pcr: number }) => pcr === 4).verdict, 'equal')
})

test('a PCR that differs is named: 3', async () => {
  const { code, out } = await tl('eventlog', log(), '--pcrs', pcrs({ 4: '11'.repeat(32) }))
  assert.equal(code, 3)
  assert.match(out, /against it: PCR 4: different/)
})

test("a firmware's PCR that no event explains is contradicted, an operating system's is a warning", async () => {
  const firmware = await tl('eventlog', log(), '--pcrs', pcrs({ 5: '11'.repeat(32) }))
  assert.equal(firmware.code, 3)
  assert.match(firmware.out, /PCR 5: not explained/)
  const ima = await tl('eventlog', log(), '--pcrs', pcrs({ 10: '11'.repeat(32) }))
  assert.equal(ima.code, 4)
})

test('edited data is a mismatch: 3, with PCRs and without', async () => {
  const edited = fileOf(
    'log.bin',
    smallLog((events) =>
      events.map((one) =>
        one.pcrIndex === 8 ? { ...one, data: fromLatin1('kernel_cmdline: /vmlinuz evil!\0') } : one,
      ),
    ),
  )
  const printed = await tl('eventlog', edited)
  assert.equal(printed.code, 3)
  assert.match(printed.out, /against it: event 6, PCR 8: the data does not give the digest/)
  assert.match(printed.out, /MISMATCH {4}kernel_cmdline: \/vmlinuz evil!/)
  assert.equal((await tl('eventlog', edited, '--pcrs', pcrs())).code, 3)
})

test('a file that is no log, or cannot be read, is named with what is wrong with it', async () => {
  const rubbish = fileOf('rubbish', 'root:x:0:0:root:/root:/bin/bash and some more bytes of that')
  const said = async (...args: string[]) => {
    const { code, err } = await tl('eventlog', ...args)
    return { code, err }
  }
  const noLog = await said(rubbish)
  assert.equal(noLog.code, 5)
  assert.ok(noLog.err.startsWith(`tl: ${rubbish}: not an event log: `), noLog.err)
  const noPcrs = await said(log(), '--pcrs', rubbish)
  assert.equal(noPcrs.code, 5)
  assert.ok(noPcrs.err.startsWith(`tl: ${rubbish}: not a file of PCR values: `), noPcrs.err)
  const noList = await said(log(), '--pcrs', pcrs(), '--ima', rubbish)
  assert.equal(noList.code, 5)
  assert.ok(noList.err.startsWith(`tl: ${rubbish}: not an IMA list: `), noList.err)
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

test('a malformed log, or malformed values, end in 5 and a line that says where', async () => {
  const cut = await tl('eventlog', fileOf('log.bin', smallLog().subarray(0, 300)))
  assert.equal(cut.code, 5)
  assert.match(
    cut.err,
    /^tl: .*log\.bin: not an event log: EventLog\.events\[\d\]\..*truncated at byte \d+\n$/,
  )
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

test('a file that is not there ends in 1, wrong usage in 2', async () => {
  assert.equal((await tl('eventlog', '/nowhere/at/all')).code, 1)
  assert.equal((await tl('eventlog')).code, 2)
  assert.equal((await tl('eventlog', log(), '--bank', 'md5')).code, 2)
  assert.equal((await tl('eventlog', log(), '--bank', 'sha1')).code, 2)
  assert.equal((await tl('eventlog', log(), '--nonsense')).code, 2)
})
