import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toLatin1, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { encodeImaList, extend } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { forgetKnown } from '../src/known.ts'
import { PcrValues } from '../src/pcr-values.ts'
import { checkPolicy, TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import { formatResult } from '../src/record.ts'
import { checkReferenceValues } from '../src/reference-values.ts'
import { VerifiedEventLog } from '../src/verify-event-log.ts'
import { quoteOf } from './attester.ts'
import { eventLog, events, evidenceOf, forged, imaLog, list, quoted } from './recorded.ts'

const genuine = evidenceOf(quoted, { eventLog, imaLog })
const { evidence, expectation } = genuine
const expecting = (part: Partial<AppraisalInput['expectation']>): AppraisalInput => ({
  ...genuine,
  expectation: { ...expectation, ...part },
})
const withLogs = (part: Partial<AppraisalInput['evidence']>): AppraisalInput => ({
  ...genuine,
  evidence: { ...evidence, ...part },
})
const quotedAs = (...quote: Parameters<typeof quoteOf>) => withLogs({ quotes: [quoteOf(...quote)] })
const extended = (pcr: number) =>
  new Map(quoted).set(pcr, extend('sha256', quoted.get(pcr)!, new Uint8Array(32)))
const variant = genuine.references!.variants[0]!
const referring = (part: Partial<typeof variant>): AppraisalInput => ({
  ...genuine,
  references: checkReferenceValues({ version: 2, variants: [{ ...variant, ...part }] }),
})
const day = 86_400_000

/** The same sizes, digests and registers: only the bytes tell it from the genuine one. */
function withOtherPrefix(): Uint8Array {
  const line = events.find(({ data }) => toLatin1(data).startsWith('kernel_cmdline'))!
  const changed = eventLog.slice()
  changed[line.data.byteOffset - eventLog.byteOffset]! ^= 0x20
  return changed
}

/** One thing that a verdict is a function of, changed. */
const changes: Record<string, AppraisalInput> = {
  'a quoted register': quotedAs('sha256', extended(4)),
  'a register of nobody': quotedAs('sha256', extended(13)),
  'the nonce that was asked': expecting({ nonce: digest('sha256', toUtf8('another')) }),
  'the nonce that was answered': quotedAs('sha256', quoted, { extraData: new Uint8Array(32) }),
  'the boot counter': quotedAs('sha256', quoted, { resetCount: 9 }),
  'the restart counter': quotedAs('sha256', quoted, { restartCount: 1 }),
  'no references': { ...genuine, references: null },
  'other modules': referring({ kernel: { commandLine: null, modules: [] } }),
  'another firmware': referring({ firmware: null }),
  'another register in the references': referring({
    pcrs: { ...variant.pcrs, 4: { ...variant.pcrs[4]!, values: { sha256: '00'.repeat(32) } } },
  }),
  'another policy': {
    ...genuine,
    policy: checkPolicy({ ...TRUSTED_LAUNCH_POLICY, id: 'other', rules: { 'os-present': 'high' } }),
  },
  'another machine': expecting({ machine: { ...expectation.machine!, memoryMiB: 1024 } }),
  'another VM': expecting({ vm: 'vm-2' }),
  'no anchor': expecting({ anchors: [] }),
  'a time after the certificate': { ...genuine, time: genuine.time + 2 * day },
  'a second later': { ...genuine, time: genuine.time + 1000 },
  'another profile': expecting({ profile: 'pc-client' }),
  'a log without its end': forged(events.slice(0, -1)),
  'a byte that nothing measures': withLogs({ eventLog: withOtherPrefix() }),
  'an IMA list cut short': withLogs({ imaLog: encodeImaList(list.slice(0, -1)) }),
  'no IMA list': withLogs({ imaLog: null }),
  'a userspace log': withLogs({ userspaceLog: toUtf8('{}\n') }),
  'no log': withLogs({ eventLog: null }),
}

const told = (input: AppraisalInput) => formatResult(appraiseEvidence(input))
const toldAnew = (input: AppraisalInput) => {
  forgetKnown()
  return told(input)
}

for (const [title, changed] of Object.entries(changes))
  test(`what is remembered says nothing of another verdict: ${title}`, () => {
    const before = toldAnew(genuine)
    const expected = toldAnew(changed)
    assert.notEqual(expected, before)
    for (const first of [genuine, changed]) {
      forgetKnown()
      told(first)
      for (const input of [changed, genuine, changed, genuine])
        assert.equal(told(input), input === genuine ? before : expected)
    }
  })

test('logs that were verified are remembered by all they were verified with, and by nothing less', () => {
  const logs = { eventLog, imaLog, userspaceLog: null }
  const values = (given = quoted) => [PcrValues.asGivenByCaller('sha256', given)]
  forgetKnown()
  const first = VerifiedEventLog.verify(logs, values(), 'strict')
  assert.ok(first instanceof VerifiedEventLog)
  const copy = { ...logs, eventLog: eventLog.slice() }
  assert.equal(VerifiedEventLog.verify(copy, values(), 'strict'), first)
  const others = [
    VerifiedEventLog.verify(logs, values(), 'pc-client'),
    VerifiedEventLog.verify({ ...logs, padding: 'acpi' }, values(), 'strict'),
    VerifiedEventLog.verify(logs, values(without(23)), 'strict'),
    VerifiedEventLog.verify(logs, values(extended(4)), 'strict'),
    VerifiedEventLog.verify({ ...logs, imaLog: null }, values(), 'strict'),
  ]
  for (const other of others) assert.notEqual(other, first)
  forgetKnown('logs')
  assert.notEqual(VerifiedEventLog.verify(logs, values(), 'strict'), first)
})

const without = (pcr: number) => new Map([...quoted].filter(([number]) => number !== pcr))

test('bytes that are changed after they were read change nothing that is remembered', () => {
  const before = toldAnew(genuine)
  const logs = { eventLog: eventLog.slice(), imaLog: imaLog.slice() }
  const values = new Map([...quoted].map(([pcr, value]) => [pcr, value.slice()]))
  toldAnew(evidenceOf(values, logs))
  for (const bytes of [...Object.values(logs), ...values.values()]) bytes.fill(0xaa)
  assert.equal(told(genuine), before)
})

test('what is remembered cannot be changed by whoever is told it', () => {
  const before = toldAnew(genuine)
  forgetKnown()
  const first = appraiseEvidence(genuine)
  const claim = first.claims['secure-boot'] as { value: unknown }
  claim.value = false
  ;(first.chain as unknown[]).length = 0
  assert.equal(told(genuine), before)
  const { claims, chain } = appraiseEvidence(genuine)
  assert.throws(() => Object.assign(chain[0]!, { verdict: 'changed' }), TypeError)
  assert.throws(() => Object.assign(claims['secure-boot']!, { value: false }), TypeError)
  assert.throws(() => (claims.images!.events as number[]).push(1), TypeError)
})

test('a long log is read anew each time, with the same verdict', () => {
  const pcrs = new Map([['sha256' as const, quoted]])
  const given = { eventLog, userspaceLog: null, pcrs, profile: 'strict' as const }
  const more = Array.from({ length: 600 }, () => list.at(-1)!)
  const long = { ...given, imaLog: encodeImaList([...list, ...more]) }
  assert.ok(long.imaLog.length > 64 * 1024)
  forgetKnown()
  const { findings, claims } = appraiseEventLog(long)
  assert.deepEqual(appraiseEventLog(long).findings, findings)
  assert.deepEqual(appraiseEventLog({ ...given, imaLog }).claims, claims)
})
