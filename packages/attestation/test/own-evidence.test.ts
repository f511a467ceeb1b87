import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEventLog, explain, unmeasured } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { genuine, withoutCorpus as skip } from './corpus.ts'

const kinds = ['rsa', 'ecc'] as const

for (const kind of kinds)
  test(`genuine ${kind} evidence is genuine: only PCR 23 and reference values are missing`, {
    skip,
  }, () => {
    const { result, claims } = appraiseEvidence(genuine(kind))
    assert.deepEqual(
      result.findings.map(({ id }) => id),
      ['reference-values.missing', 'question.pcrs'],
    )
    assert.equal(result.tier, 'warning')
    assert.equal(claims['secure-boot']?.value, true)
    assert.equal(claims['command-line']?.value, '/vmlinuz console=ttyS0 quiet')
    assert.equal((claims.authorities?.value as unknown[]).length, 3)
  })

test("with any one part of the other machine's the evidence is refused", { skip }, () => {
  const [mine, other] = [genuine('rsa'), genuine('ecc')]
  const [quote, foreign] = [mine.evidence.quotes[0]!, other.evidence.quotes[0]!]
  const swaps: Partial<AppraisalInput['evidence']>[] = [
    { quotes: [foreign] },
    { quotes: [{ ...quote, attest: foreign.attest }] },
    { quotes: [{ ...quote, signature: foreign.signature }] },
    { akPublic: other.evidence.akPublic },
    { akCertificate: other.evidence.akCertificate },
    { akCertificate: null },
    { eventLog: null },
  ]
  for (const part of swaps) {
    const { result } = appraiseEvidence({ ...mine, evidence: { ...mine.evidence, ...part } })
    assert.equal(result.tier, 'contraindicated', Object.keys(part).join())
  }
  for (const expectation of [
    { ...mine.expectation, nonce: other.expectation.nonce.slice().reverse() },
    { ...mine.expectation, akName: other.expectation.akName },
    { ...mine.expectation, anchors: [] },
  ])
    assert.equal(appraiseEvidence({ ...mine, expectation }).result.tier, 'contraindicated')
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 1 + (at % 255)
  return copy
}

for (const kind of kinds)
  test(`one byte changed in the ${kind} quote, signature, values, key or certificate is refused`, {
    skip,
  }, () => {
    const input = genuine(kind)
    const { evidence } = input
    const quote = evidence.quotes[0]!
    const refused = (part: Partial<AppraisalInput['evidence']>, what: string) =>
      assert.equal(
        appraiseEvidence({ ...input, evidence: { ...evidence, ...part } }).result.tier,
        'contraindicated',
        what,
      )
    for (let at = 0; at < quote.attest.length; at++)
      refused({ quotes: [{ ...quote, attest: flipped(quote.attest, at) }] }, `attest ${at}`)
    for (let at = 0; at < quote.signature.length; at++)
      refused(
        { quotes: [{ ...quote, signature: flipped(quote.signature, at) }] },
        `signature ${at}`,
      )
    for (const [i, pcr] of quote.pcrs.entries()) {
      const pcrs = quote.pcrs.with(i, { ...pcr, digest: flipped(pcr.digest, i) })
      refused({ quotes: [{ ...quote, pcrs }] }, `PCR ${i}`)
    }
    for (let at = 0; at < evidence.akPublic.length; at++)
      refused({ akPublic: flipped(evidence.akPublic, at) }, `akPublic ${at}`)
    const certificate = evidence.akCertificate!
    for (let at = 0; at < certificate.length; at++)
      refused({ akCertificate: flipped(certificate, at) }, `certificate ${at}`)
  })

test('one byte changed in the log is refused or told, or is data that nothing measured', {
  skip,
}, () => {
  const input = genuine('rsa')
  const bytes = input.evidence.eventLog!
  const log = decodeEventLog(bytes)
  const free = new Set<number>()
  for (const event of log.events.slice(1))
    for (const { start, end } of unmeasured(event, explain(event, 'sha256')))
      for (let i = start; i < end; i++) free.add(event.data.byteOffset - bytes.byteOffset + i)
  const before = appraiseEvidence(input)
  for (let at = 0; at < bytes.length; at += 7) {
    const eventLog = flipped(bytes, at)
    const { result, claims } = appraiseEvidence({
      ...input,
      evidence: { ...input.evidence, eventLog },
    })
    const quiet =
      result.findings.length === before.findings.length && result.tier !== 'contraindicated'
    assert.ok(!quiet || free.has(at) || isHeader(at), `byte ${at} was accepted`)
    if (quiet) assert.deepEqual(claims, before.claims)
  }
})

/** The Spec ID event says how the log is written; who wrote it (platform class, version) is not measured. */
function isHeader(at: number): boolean {
  return at < 80
}
