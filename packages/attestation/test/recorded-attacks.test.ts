import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evidence } from '@trusted-launch/channel'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import {
  buildEventLog,
  EV,
  encodeEventLog,
  encodeImaList,
  explain,
  extend,
  type LoggedEvent,
  type NewEvent,
  unmeasured,
} from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { type Appraised, appraiseEvidence } from '../src/appraise.ts'
import { idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf as madeUp } from './boot.ts'
import { eventLog, events, evidenceOf, forged, imaLog, list, quoted } from './recorded.ts'

const genuine = evidenceOf(quoted, { eventLog, imaLog })
const before = appraiseEvidence(genuine)

test('the recorded boot is affirmed, as it was quoted and as it is forged without a change', () => {
  assert.deepEqual(before.findings, [])
  assert.deepEqual(appraiseEvidence(forged(events)).findings, [])
})

/** The recorded events with those from `at` on, `count` of them, replaced. */
const replaced = (at: number, count: number, ...by: NewEvent[]) =>
  events.toSpliced(at, count, ...(by as LoggedEvent[]))
const types = [...new Set(Object.values(EV))].filter((type) => type !== EV.EFI_EVENT_BASE)
const registers = Array.from({ length: 24 }, (_, pcr) => pcr)

const attacks: Record<
  string,
  (event: LoggedEvent, at: number) => readonly (readonly NewEvent[])[]
> = {
  dropped: (_, at) => [replaced(at, 1)],
  doubled: (event, at) => [replaced(at, 0, event)],
  'swapped with the next': (event, at) =>
    at + 1 < events.length ? [replaced(at, 2, events[at + 1]!, event)] : [],
  'of another type': (event, at) =>
    types.map((eventType) => replaced(at, 1, { ...event, eventType })),
  'in another register': (event, at) =>
    registers.map((pcrIndex) => replaced(at, 1, { ...event, pcrIndex })),
  'of another digest': (event, at) => {
    const digests = new Map([['sha256' as const, digest('sha256', event.data, event.data)]])
    return [replaced(at, 1, { ...event, digests })]
  },
  'of other data and its digest': (event, at) => {
    const data = event.data.with(-1, (event.data.at(-1) ?? 0) ^ 1)
    const digests = new Map([['sha256' as const, digest('sha256', data)]])
    return event.data.length === 0 ? [] : [replaced(at, 1, { ...event, data, digests })]
  },
}

for (const [title, make] of Object.entries(attacks))
  test(`a log with any one event ${title} is refused, or changes nothing that is authenticated`, () => {
    let refused = 0
    for (const [at, event] of events.entries())
      for (const steps of make(event, at)) {
        if (isSame(steps)) continue
        const what = `event ${at} (PCR ${event.pcrIndex}) ${title}`
        const log = encodeEventLog(buildEventLog(['sha256'], steps))
        const replayed = appraiseEvidence(evidenceOf(quoted, { eventLog: log, imaLog }))
        refused++
        if (sameRegisters(steps)) {
          assertNothingSaid(replayed, what)
          continue
        }
        assert.equal(replayed.result.tier, 'contraindicated', `${what}, as quoted before`)
        const quotedAnew = appraiseEvidence(forged(steps))
        if (onlyPcr1(steps)) assertNothingSaid(quotedAnew, what)
        else assert.notEqual(quotedAnew.result.tier, 'affirming', what)
      }
    assert.ok(refused > 0)
  })

/** What may be affirmed still says what the genuine log says. */
function assertNothingSaid({ result, claims, chain }: Appraised, what: string): void {
  if (result.tier !== 'affirming') return
  assert.deepEqual(meaningOf({ claims, chain }), meaningOf(before), what)
}

// Without the numbers of events: those shift.
function meaningOf({ claims, chain }: Pick<Appraised, 'claims' | 'chain'>) {
  return [
    Object.entries(claims).map(([name, { value, verified }]) => [name, value, verified]),
    chain.map(({ event: _, ...stage }) => stage),
  ]
}

type Sequence = readonly NewEvent[]
const digestsOf = (steps: Sequence, pcr: number) =>
  steps
    .filter((one) => one.pcrIndex === pcr && one.eventType !== EV.NO_ACTION)
    .map(({ digests }) => Buffer.from(digests.get('sha256')!).toString('hex'))
    .join()
const changedRegisters = (steps: Sequence) =>
  registers.filter((pcr) => digestsOf(steps, pcr) !== digestsOf(events, pcr))
const sameRegisters = (steps: Sequence) => changedRegisters(steps).length === 0
/** PCR 1 holds the machine's own device paths and is not foretold. */
const onlyPcr1 = (steps: Sequence) => changedRegisters(steps).every((pcr) => pcr === 1)
const isSame = (steps: Sequence) =>
  steps.length === events.length &&
  steps.every((step, i) => {
    const { eventType, pcrIndex, digests } = events[i]!
    const same = step.eventType === eventType && step.pcrIndex === pcrIndex
    return same && Buffer.compare(step.digests.get('sha256')!, digests.get('sha256')!) === 0
  })

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, bytes[at]! ^ (1 + (at % 255)))
}

const changed = (part: Partial<Evidence>): AppraisalInput => ({
  ...genuine,
  evidence: { ...genuine.evidence, ...part },
})

test('one byte changed anywhere in the quote, its signature, its values, the key or the certificate is refused', () => {
  const { quotes, akPublic, akCertificate } = genuine.evidence
  const quote = quotes[0]!
  const parts: [string, Uint8Array, (bytes: Uint8Array) => Partial<Evidence>][] = [
    ['quote', quote.attest, (attest) => ({ quotes: [{ ...quote, attest }] })],
    ['signature', quote.signature, (signature) => ({ quotes: [{ ...quote, signature }] })],
    ['key', akPublic, (bytes) => ({ akPublic: bytes })],
    ['certificate', akCertificate!, (bytes) => ({ akCertificate: bytes })],
  ]
  for (const [i, pcr] of quote.pcrs.entries())
    parts.push([
      `PCR ${pcr.index}`,
      pcr.digest,
      (value) => ({ quotes: [{ ...quote, pcrs: quote.pcrs.with(i, { ...pcr, digest: value }) }] }),
    ])
  for (const [name, bytes, part] of parts)
    for (let at = 0; at < bytes.length; at++) {
      const { result } = appraiseEvidence(changed(part(flipped(bytes, at))))
      assert.equal(result.tier, 'contraindicated', `${name}, byte ${at}`)
    }
})

test('one byte changed in the log is refused, or is data that nothing measured, and says nothing', () => {
  const free = unauthenticated()
  const random = randomFrom(5)
  for (let at = random(7); at < eventLog.length; at += 1 + random(25)) {
    const appraised = appraiseEvidence(changed({ eventLog: flipped(eventLog, at) }))
    if (appraised.result.tier !== 'affirming') continue
    assert.ok(free.has(at), `byte ${at} was accepted`)
    assert.deepEqual(appraised.claims, before.claims, `byte ${at}`)
  }
})

/** The first event (who wrote the log, and how), types, and data that no digest vouches for. */
function unauthenticated(): Set<number> {
  const free = new Set<number>()
  const add = (start: number, end: number) => {
    for (let at = start; at < end; at++) free.add(at)
  }
  add(0, events[0]!.data.byteOffset - eventLog.byteOffset)
  for (const event of events) {
    const start = event.data.byteOffset - eventLog.byteOffset
    // PCR, type, count, algorithm, digest and size stand before the data
    const type = start - (4 + 32 + 2 + 4 + 4)
    add(type, type + 4)
    for (const range of unmeasured(event, explain(event, 'sha256')))
      add(start + range.start, start + range.end)
  }
  return free
}

test('a register extended without a log is refused, whichever it is', () => {
  for (const pcr of quoted.keys()) {
    const value = extend('sha256', quoted.get(pcr)!, new Uint8Array(32))
    const other = evidenceOf(new Map(quoted).set(pcr, value), { eventLog, imaLog })
    assert.equal(appraiseEvidence(other).result.tier, 'contraindicated', `PCR ${pcr}`)
  }
})

test('the log or the list of another boot is refused', () => {
  const other = madeUp(cleanBoot()).evidence
  const ids = (part: Partial<Evidence>) => idsOf(appraiseEvidence(changed(part)))
  assert.ok(ids({ eventLog: other.eventLog }).includes('eventlog.replay'))
  assert.ok(ids({ imaLog: other.imaLog }).includes('ima.replay'))
})

test('an IMA list cut short, padded, in another order, or with an entry less or twice is refused', () => {
  const whole = imaLog.length
  const lists: [string, Uint8Array][] = [
    ...list.flatMap((entry, i): [string, Uint8Array][] => [
      [`without ${i}`, encodeImaList(list.toSpliced(i, 1))],
      [`cut at ${i}`, encodeImaList(list.slice(0, i))],
      // Behind what is quoted anything may stand: it was read later.
      ...(i + 1 < list.length
        ? [[`${i} twice`, encodeImaList(list.toSpliced(i, 0, entry))] as [string, Uint8Array]]
        : []),
      ...(i + 1 < list.length
        ? [
            [`${i} swapped`, encodeImaList(list.toSpliced(i, 2, list[i + 1]!, entry))] as [
              string,
              Uint8Array,
            ],
          ]
        : []),
    ]),
    ...Array.from({ length: 64 }, (_, i): [string, Uint8Array] => [
      `${i + 1} bytes less`,
      imaLog.subarray(0, whole - 1 - i),
    ]),
    ...[1, 4, 64].map((n): [string, Uint8Array] => [
      `${n} bytes more`,
      Uint8Array.of(...imaLog, ...new Uint8Array(n)),
    ]),
  ]
  for (const [title, bytes] of lists) {
    const { result } = appraiseEvidence(changed({ imaLog: bytes }))
    assert.equal(result.tier, 'contraindicated', title)
  }
})
