import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { extend } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { idsOf } from './appraised.ts'
import { quoteOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot())
const phase = toUtf8('enter-initrd')

/** systemd's log of one phase in this PCR, with its digests in these banks. */
const logOf = (pcr: number, banks: readonly HashName[]) => {
  const digests = banks.map((hashAlg) => ({ hashAlg, digest: toHex(digest(hashAlg, phase)) }))
  const content = { string: 'enter-initrd', bootId: '0f', timestamp: 1, eventType: 'phase' }
  return toUtf8(`\x1e${JSON.stringify({ pcr, digests, content_type: 'systemd', content })}\n`)
}

/** The evidence of a VM that extended this PCR by that phase, with this log of it. */
function after(pcr: number, userspaceLog: Uint8Array | null) {
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
    return quoteOf(bank, values.set(pcr, extend(bank, values.get(pcr)!, digest(bank, phase))))
  })
  return appraiseEvidence({ ...input, evidence: { ...input.evidence, userspaceLog, quotes } })
}

const both = ['sha256', 'sha384'] as const

test("systemd's log may go on in its own registers, and only there; nothing judges it, and that is told", () => {
  for (const pcr of [11, 12, 13, 15]) {
    const { result } = after(pcr, logOf(pcr, both))
    const told = result.findings.map((finding) => [finding.id, finding.pcr])
    assert.deepEqual(told, [['userspace-log.unjudged', pcr]])
    assert.equal(result.tier, 'warning')
  }
  for (const pcr of [0, 4, 7, 8, 9, 14])
    assert.deepEqual(idsOf(after(pcr, logOf(pcr, both))), ['eventlog.replay'])
  assert.deepEqual(idsOf(after(10, logOf(10, both))), ['ima.replay'])
  assert.deepEqual(idsOf(after(23, logOf(23, both))), ['pcr.unexplained'])
})

test('an extended register without its log, with another or with half of one is not affirmed', () => {
  for (const log of [null, logOf(12, both)]) {
    const appraised = after(11, log)
    assert.deepEqual(idsOf(appraised), ['pcr.unexplained'])
    assert.equal(appraised.result.tier, 'contraindicated')
  }
  const half = after(11, logOf(11, ['sha256']))
  assert.deepEqual(idsOf(half), ['pcr.unexplained'])
  assert.match(half.findings[0]!.summary, /sha384/)
  assert.deepEqual(idsOf(after(11, toUtf8('no log'))), ['userspace-log.malformed'])
})
