import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evidence, Quote } from '@trusted-launch/channel'
import { randomFrom } from '@trusted-launch/codec/check'
import {
  buildEventLog,
  decodeEventLog,
  encodeEventLog,
  explain,
  type LoggedEvent,
  unmeasured,
} from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { concludeWithoutEvidence } from '../src/conclude.ts'
import { VerifiedEventLog } from '../src/verify-event-log.ts'
import { idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf, file, grub, type Step } from './boot.ts'

test('a log of another boot, a missing log and an empty log affirm nothing', () => {
  const input = evidenceOf(cleanBoot())
  const other = evidenceOf([...cleanBoot(), grub('true')])
  const swap = (eventLog: Uint8Array | null) =>
    appraiseEvidence({ ...input, evidence: { ...input.evidence, eventLog } })
  for (const [log, id] of [
    [other.evidence.eventLog, 'eventlog.replay'],
    [null, 'eventlog.missing'],
    [new Uint8Array(), 'eventlog.missing'],
    [new Uint8Array(100), 'eventlog.malformed'],
  ] as const) {
    const appraised = swap(log)
    assert.ok(idsOf(appraised).includes(id), idsOf(appraised).join(' '))
    assert.equal(appraised.result.tier, 'contraindicated')
    assert.deepEqual(appraised.claims, {})
  }
})

test('without a value to hold it against no log is verified', () => {
  const { evidence } = evidenceOf(cleanBoot())
  const found = VerifiedEventLog.verify(evidence, [], 'strict')
  assert.ok(!(found instanceof VerifiedEventLog))
  assert.deepEqual(
    found.map(({ id }) => id),
    ['quote.missing'],
  )
})

test('what a guest extends after the boot without a log is unexplained', () => {
  const steps = cleanBoot()
  const input = evidenceOf([...steps, { ...file('x', 'x', '/x'), pcrIndex: 12 }])
  const appraised = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, eventLog: evidenceOf(steps).evidence.eventLog },
  })
  assert.ok(idsOf(appraised).includes('pcr.unexplained'))
})

test('without evidence there is no verdict, and the reason is told', () => {
  const { evidence: _, ...input } = evidenceOf(cleanBoot())
  const idOf = (code: string) => {
    const { tier, findings, evidence } = concludeWithoutEvidence(input, code)
    assert.equal(tier, 'none')
    assert.equal(evidence, null)
    return findings.map(({ id }) => id)
  }
  assert.deepEqual(idOf('ak-unavailable'), ['attestation-key.unavailable'])
  assert.deepEqual(idOf('rollback-unavailable'), ['vtpm.index.missing'])
  assert.deepEqual(idOf('agent-silent'), ['agent.no-evidence'])
})

test('a bank that is quoted and that the log lacks is refused', () => {
  const boot = evidenceOf(cleanBoot())
  const alone = ['sha256'] as const
  const only = (steps: Step[]) =>
    steps.map((step) => ({
      ...step,
      digests: new Map([['sha256', step.digests.get('sha256')!] as const]),
    }))
  const eventLog = encodeEventLog(buildEventLog(alone, only(cleanBoot())))
  const appraised = appraiseEvidence({ ...boot, evidence: { ...boot.evidence, eventLog } })
  assert.deepEqual(idsOf(appraised), ['eventlog.bank'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('one byte changed anywhere in the evidence is refused, or is data that nothing measured', () => {
  const genuine = evidenceOf(cleanBoot(), { measured: [] })
  const { evidence } = genuine
  const before = appraiseEvidence(genuine)
  assert.equal(before.result.tier, 'affirming')
  const log = evidence.eventLog!
  const free = freeBytesOf(log)
  const quotes = (change: (quote: Quote) => Quote) => [
    change(evidence.quotes[0]!),
    evidence.quotes[1]!,
  ]
  const [quote] = evidence.quotes
  const parts: [string, Uint8Array, (changed: Uint8Array) => Partial<Evidence>][] = [
    ['AK', evidence.akPublic, (akPublic) => ({ akPublic })],
    ['certificate', evidence.akCertificate!, (akCertificate) => ({ akCertificate })],
    ['quote', quote!.attest, (attest) => ({ quotes: quotes((q) => ({ ...q, attest })) })],
    [
      'signature',
      quote!.signature,
      (signature) => ({ quotes: quotes((q) => ({ ...q, signature })) }),
    ],
    ['IMA list', evidence.imaLog!, (imaLog) => ({ imaLog })],
    ['log', log, (eventLog) => ({ eventLog })],
  ]
  const random = randomFrom(11)
  for (const [name, bytes, given] of parts)
    for (let at = random(3); at < bytes.length; at += 1 + random(name === 'log' ? 11 : 5)) {
      const changed = bytes.slice()
      changed[at]! ^= 1 + random(255)
      const { result, claims } = appraiseEvidence({
        ...genuine,
        evidence: { ...evidence, ...given(changed) },
      })
      if (result.tier !== 'affirming') continue
      assert.ok(name === 'log' && free.has(at), `${name}: byte ${at} was accepted`)
      assert.deepEqual(claims, before.claims, `${name}: byte ${at} says something else`)
    }
  for (const [i, pcr] of quote!.pcrs.entries()) {
    const digest = pcr.digest.slice()
    digest[i]! ^= 1
    const changed = quotes((q) => ({ ...q, pcrs: q.pcrs.with(i, { ...pcr, digest }) }))
    const { result } = appraiseEvidence({ ...genuine, evidence: { ...evidence, quotes: changed } })
    assert.equal(result.tier, 'contraindicated', `PCR ${pcr.index}`)
  }
})

/** Bytes that no digest vouches for: data of opaque events, and who wrote the log (its first event). */
function freeBytesOf(bytes: Uint8Array): Set<number> {
  const [first, ...events] = decodeEventLog(bytes).events
  const start = (event: LoggedEvent) => event.data.byteOffset - bytes.byteOffset
  const free = new Set(Array.from({ length: first!.data.length }, (_, i) => start(first!) + i))
  for (const event of events) {
    for (let i = 4; i < 8; i++) free.add(start(event) - typeOffset(event) + i)
    for (const range of unmeasured(event, explain(event, 'sha384')))
      for (let i = range.start; i < range.end; i++) free.add(start(event) + i)
  }
  return free
}

/** How far before its data an event begins: PCR, type, digests with their count, size. */
function typeOffset({ digests }: LoggedEvent): number {
  const sizes = [...digests.values()].map(({ length }) => 2 + length)
  return 4 + 4 + 4 + sizes.reduce((sum, size) => sum + size, 0) + 4
}
