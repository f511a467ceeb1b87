import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, toUtf16le } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import {
  buildEventLog,
  decodeEventLog,
  EV,
  encodeEventLog,
  encodeSipa,
  NO_PCR,
  SIPAEVENT,
} from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { cleanBoot, evidenceOf, type Step, step } from './boot.ts'
import { given } from './given.ts'
import {
  boundary,
  end,
  flag,
  group,
  long,
  module,
  raw,
  short,
  system,
  tagged,
  windowsBoot,
  windowsPart,
} from './windows.ts'
import {
  no,
  nothingBelieved,
  notReported,
  ofPart,
  told,
  unverified,
  valuesOf,
  without,
  yes,
} from './windows-told.ts'

/** The events merged anew, each register's own in their order. */
function interleaved(boot: readonly Step[], random: (below: number) => number): Step[] {
  const queues = Map.groupBy(boot, ({ pcrIndex }) => pcrIndex)
  const left = [...queues.values()].map((steps) => [...steps])
  const merged: Step[] = []
  while (merged.length < boot.length) {
    const waiting = left.filter((steps) => steps.length > 0)
    merged.push(waiting[random(waiting.length)]!.shift()!)
  }
  return merged
}

test('what is said twice in one place is refused, though it says the same', () => {
  const result = ofPart(windowsPart({ second: [...system, flag('OSKERNELDEBUG', 0)] }))
  assert.deepEqual(result.ids, ['windows.duplicate', 'windows.duplicate'])
  nothingBelieved(result)
  const twice = module('\\a.sys', flag('IMAGEVALIDATED', 1))
  assert.deepEqual(ofPart(windowsPart({ loaded: [twice] })).ids, ['windows.duplicate'])
})

test('modules, policies, authorities and unlocked volumes may come many times', () => {
  const unlocked = [short('BITLOCKER_UNLOCK', 0), short('BITLOCKER_UNLOCK', 0x1040)]
  const { claims, ids } = ofPart(windowsPart({ second: [...system, ...unlocked] }))
  assert.deepEqual(ids, [])
  assert.deepEqual(claims['windows-bitlocker-unlock']!.value, ['TPM', 'RECOVERY', '0x1000'])
})

test('data that is not what was measured is refused, in every bank', () => {
  for (const bank of ['sha256', 'sha384'] as const) {
    const part = windowsPart()
    const digests = new Map(part[3]!.digests).set(bank, digest(bank, Uint8Array.of(1)))
    const result = ofPart(part.with(3, { ...part[3]!, digests }))
    assert.ok(result.ids.includes('windows.data'), bank)
    nothingBelieved(result)
  }
})

test('tags of which none is what was measured, and no end, do not say that it is Windows', () => {
  const other = (bank: 'sha256' | 'sha384') => digest(bank, Uint8Array.of(1))
  const tags = windowsPart().filter(({ eventType }) => eventType !== EV.SEPARATOR)
  const altered = tags.map((one) =>
    one.eventType === EV.EVENT_TAG
      ? {
          ...one,
          digests: new Map([
            ['sha256', other('sha256')],
            ['sha384', other('sha384')],
          ] as const),
        }
      : one,
  )
  unverified(ofPart(altered).claims.windows!)
})

test('a separator that another bank measured otherwise ends nothing', () => {
  for (const bank of ['sha256', 'sha384'] as const) {
    const part = windowsPart()
    const digests = new Map(part[6]!.digests).set(bank, digest(bank, Uint8Array.of(1)))
    const { ids } = ofPart(part.with(6, { ...part[6]!, digests }))
    assert.ok(ids.includes('windows.separator.missing'), bank)
  }
})

test('of PCR 11 only what the boot manager measures there is of Windows', () => {
  const other = step(11, EV.NONHOST_INFO, Uint8Array.of(1))
  const { ids } = ofPart([other, ...windowsPart()])
  assert.deepEqual(ids.toSorted(), ['eventlog.type', 'windows.foreign'])
})

test('an event of another type, or of another writer, is refused', () => {
  const part = windowsPart()
  const relabelled = ofPart(part.with(3, { ...part[3]!, eventType: EV.IPL }))
  assert.ok(relabelled.ids.includes('windows.foreign'))
  nothingBelieved(relabelled)
  const foreign = step(12, EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 0, 0, 0, 0))
  const mixed = ofPart(part.toSpliced(4, 0, foreign))
  assert.deepEqual(mixed.ids, ['windows.foreign'])
  nothingBelieved(mixed)
})

test('a log whose every tag is relabelled is still of Windows, and says nothing', () => {
  for (const eventType of [EV.IPL, EV.COMPACT_HASH, EV.NONHOST_CONFIG]) {
    const relabelled = windowsPart().map((one) =>
      one.eventType === EV.EVENT_TAG ? { ...one, eventType } : one,
    )
    const result = ofPart(relabelled)
    assert.ok(result.ids.includes('windows.foreign'))
    nothingBelieved(result)
  }
})

test("Windows' own quotes, of no register, say nothing and harm nothing", () => {
  const reported = group('TRUSTBOUNDARY', flag('OSKERNELDEBUG', 1))
  const data = encodeSipa([group('TRUSTPOINT_AGGREGATION', reported)])
  const { claims, ids } = told([...windowsBoot(), step(NO_PCR, EV.NO_ACTION, data)])
  assert.deepEqual(ids, [])
  assert.deepEqual(valuesOf(claims), valuesOf(ofPart(windowsPart()).claims))
})

test('text in PCR 12 that begins like a tag does not make a boot one of Windows', () => {
  const textual = step(12, EV.IPL, toUtf16le('x\n quiet splash\0'))
  const boot = cleanBoot().filter(({ pcrIndex }) => pcrIndex !== 8)
  no(told(boot.toSpliced(-2, 0, textual)).claims.windows!)
})

test("tags in PCR 14 under shim's type are not taken for shim's", () => {
  const relabelled = windowsPart().map((one) =>
    one.pcrIndex === 14 && one.eventType === EV.EVENT_TAG ? { ...one, eventType: EV.IPL } : one,
  )
  assert.ok(ofPart(relabelled).ids.includes('windows.foreign'))
})

test("shim's measurements in PCR 14 are of another system, as are somebody else's tags there", () => {
  const part = windowsPart()
  const mok = cleanBoot().find(({ pcrIndex }) => pcrIndex === 14)!
  assert.deepEqual(ofPart([mok, ...part]).ids, ['windows.foreign'])
  const foreign = step(14, EV.EVENT_TAG, Uint8Array.of(0xec, 0x22, 0x3b, 0x8f, 0, 0, 0, 0))
  assert.ok(ofPart([foreign, ...part]).ids.includes('windows.foreign'))
})

test('a structure that does not fill its event is refused', () => {
  const inner = Uint8Array.of(1, 0, 4, 0, 9, 0, 0, 0, 1)
  const data = Uint8Array.of(1, 0, 1, 0x40, inner.length, 0, 0, 0, ...inner)
  const result = ofPart(windowsPart().with(3, step(12, EV.EVENT_TAG, data)))
  assert.deepEqual(result.ids, ['windows.malformed'])
  nothingBelieved(result)
})

for (const pcr of [12, 13, 14])
  test(`without its separator PCR ${pcr} does not show where Windows' loader ended`, () => {
    const part = windowsPart().filter(
      (one) => one.pcrIndex !== pcr || one.eventType !== EV.SEPARATOR,
    )
    const result = ofPart(part)
    assert.deepEqual(result.ids, ['windows.separator.missing'])
    nothingBelieved(result)
  })

test('a register that Windows left alone needs no separator if it is of the authorities', () => {
  assert.deepEqual(ofPart(windowsPart().filter(({ pcrIndex }) => pcrIndex !== 14)).ids, [])
  const settingsOnly = windowsPart().filter(({ pcrIndex }) => pcrIndex !== 13)
  assert.deepEqual(ofPart(settingsOnly).ids, ['windows.separator.missing'])
})

test('a second separator is refused, and one of another value is none', () => {
  const twice = ofPart([...windowsPart(), end(12)])
  assert.deepEqual(twice.ids, ['windows.separator.repeated'])
  nothingBelieved(twice)
  const other = ofPart(windowsPart().with(6, end(12, 'WBCX')))
  assert.ok(other.ids.includes('windows.separator.missing'))
})

test("what is tagged after Windows' loader ended is ignored", () => {
  const late = [
    boundary(12, flag('OSKERNELDEBUG', 1), long('VSM_LAUNCH_TYPE', 0n), flag('TESTSIGNING', 1)),
    boundary(13, long('VBS_HVCI_POLICY', 0n)),
  ]
  const { claims, ids } = ofPart([...windowsPart(), ...late])
  no(claims['windows-kernel-debug']!)
  no(claims['windows-test-signing']!)
  yes(claims['windows-vbs-launched']!)
  assert.equal(claims['windows-hvci-policy']!.value, 1)
  assert.deepEqual(ids, [])
})

test('a claim cannot be added after the loader ended', () => {
  const part = windowsPart({ second: without(system, SIPAEVENT.VSM_LAUNCH_TYPE) })
  const { claims } = ofPart([...part, boundary(12, long('VSM_LAUNCH_TYPE', 1n))])
  notReported(claims['windows-vbs-launched']!)
})

/** Whoever runs after the boot extends PCR 14 as if Windows had not ended it. */
const afterwards = [
  boundary(14, short('LSAISO_CONFIG', 1), long('VBS_HVCI_POLICY', 1n), long('VSM_LAUNCH_TYPE', 1n)),
  end(14),
]

test('the end of PCR 14 hides under no other type, nor behind other data', () => {
  const quiet = windowsPart({ second: [short('APPLICATION_SVN', 5)] })
  const hidden = [EV.IPL, EV.EVENT_TAG, EV.COMPACT_HASH, EV.NONHOST_INFO].flatMap((eventType) =>
    ['WBCL', 'MokList'].map((data) => ({ eventType, data: fromLatin1(data) })),
  )
  for (const profile of ['strict', 'pc-client'] as const)
    for (const under of hidden) {
      const ended = quiet.with(-1, { ...quiet.at(-1)!, ...under })
      const { verified, claims, findings } = appraiseEventLog(
        given(windowsBoot([...ended, ...afterwards]), profile),
      )
      assert.equal(verified, false)
      assert.ok(findings.some(({ id }) => id === 'eventlog.disguised'))
      for (const name of ['credential-guard', 'hvci-policy', 'vbs-launched'])
        assert.equal(claims[`windows-${name}`]!.verified, false)
    }
})

test('an authority in PCR 14 that is told as a measurement of shim leaves none that is said', () => {
  const part = windowsPart()
  const asShims = { eventType: EV.IPL, data: fromLatin1('MokList\0') }
  const { claims } = ofPart(part.with(5, { ...part[5]!, ...asShims }))
  unverified(claims['windows-authorities']!)
  const more = boundary(14, raw('AUTHORITYPUBKEY', new Uint8Array(32)))
  const two = part.toSpliced(5, 0, { ...more, ...asShims })
  unverified(ofPart(two).claims['windows-authorities']!)
})

test('tags that stand outside a boundary are heard as well', () => {
  const part = windowsPart({ second: without(system, SIPAEVENT.OSKERNELDEBUG) })
  const { claims } = ofPart(part.toSpliced(3, 0, tagged(12, flag('OSKERNELDEBUG', 1))))
  yes(claims['windows-kernel-debug']!)
})

test('no order between registers changes a claim: a TPM does not vouch for it', () => {
  const weak = [...without(system, SIPAEVENT.TESTSIGNING), flag('TESTSIGNING', 1)]
  const boot = windowsBoot(windowsPart({ second: weak }))
  const before = valuesOf(told(boot).claims)
  const random = randomFrom(3)
  for (let i = 0; i < 100; i++)
    assert.deepEqual(valuesOf(told(interleaved(boot, random)).claims), before)
})

test('an event dropped, moved or repeated gives no better claim', () => {
  const boot = windowsBoot()
  const input = evidenceOf(boot, { references: null, measured: null })
  const genuine = decodeEventLog(input.evidence.eventLog!)
  const events = genuine.events.slice(1)
  const tried = events.flatMap((event, i) => [
    events.toSpliced(i, 1),
    [...events, event],
    [...events.toSpliced(i, 1), event],
    events.with(i, { ...event, pcrIndex: event.pcrIndex === 12 ? 13 : 12 }),
  ])
  const before = valuesOf(told(boot).claims)
  for (const forged of tried) {
    const eventLog = encodeEventLog(buildEventLog(genuine.algorithms, forged))
    const evidence = { ...input.evidence, eventLog }
    const { claims, result } = appraiseEvidence({ ...input, evidence })
    if (result.tier === 'contraindicated') continue
    assert.deepEqual(valuesOf(claims), before)
  }
})
