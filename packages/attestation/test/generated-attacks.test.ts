import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import { buildEventLog, EV, encodeEventLog, type NewEvent } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { appraiseEventLog, type Tier } from '../src/index.ts'
import { eventLog, events, evidenceOf, forged, imaLog, quoted } from './recorded.ts'

const seed = Number(process.env.FUZZ_SEED ?? 1)
type Random = (below: number) => number
type Step = NewEvent

const before = appraiseEvidence(evidenceOf(quoted, { eventLog, imaLog })).result
const logOf = (steps: readonly Step[]) => encodeEventLog(buildEventLog(['sha256'], steps))
const tiers: readonly Tier[] = ['contraindicated', 'warning', 'affirming']

/** A verified claim that the genuine log does not make, or makes otherwise. */
function moreThanGenuine(claims: typeof before.claims): string[] {
  return Object.entries(claims)
    .filter(([, { verified }]) => verified)
    .filter(([name, { value }]) => {
      const genuine = before.claims[name]
      return genuine?.verified !== true || JSON.stringify(genuine.value) !== JSON.stringify(value)
    })
    .map(([name]) => name)
}

/** The same events in another order across registers: each register's own order kept. */
function interleaved(steps: readonly Step[], random: Random): Step[] {
  const queues = Map.groupBy(steps, ({ pcrIndex }) => pcrIndex)
  const left = [...queues.values()].map((queue) => [...queue])
  const order: Step[] = []
  for (let n = steps.length; n > 0; n--) {
    let at = random(n)
    const queue = left.find((one) => {
      if (at < one.length) return true
      at -= one.length
      return false
    })!
    order.push(queue.shift()!)
  }
  return order
}

test('no order across registers gives a better verdict, or one more verified claim', () => {
  const random = randomFrom(seed)
  const worse = { contraindicated: 0, warning: 0, affirming: 0, none: 0 }
  for (let i = 0; i < 1000; i++) {
    const log = logOf(interleaved(events, random))
    const { tier, claims } = appraiseEvidence(evidenceOf(quoted, { eventLog: log, imaLog })).result
    assert.ok(tiers.indexOf(tier) <= tiers.indexOf(before.tier))
    assert.deepEqual(moreThanGenuine(claims), [], `order ${i}, FUZZ_SEED=${seed}`)
    worse[tier]++
    const pcrs = new Map([['sha256' as const, quoted]])
    const alone = { eventLog: log, imaLog, userspaceLog: null, pcrs, profile: 'pc-client' as const }
    assert.deepEqual(moreThanGenuine(appraiseEventLog(alone).claims), [])
  }
  assert.ok(worse.contraindicated + worse.warning > 0, 'an order that no firmware has is told')
})

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!
const measured = (pcrIndex: number, eventType: number, data: Uint8Array): Step => ({
  ...{ pcrIndex, eventType, data },
  digests: new Map([['sha256' as const, digest('sha256', data)]]),
})

/** What somebody does to a log. Each gives a log of the same form. */
const deeds: Record<string, (steps: readonly Step[], random: Random) => Step[]> = {
  relabel: (steps, random) => {
    const at = random(steps.length)
    return steps.with(at, { ...steps[at]!, eventType: pick(random, Object.values(EV)) })
  },
  move: (steps, random) => {
    const at = random(steps.length)
    return steps.with(at, { ...steps[at]!, pcrIndex: random(24) })
  },
  drop: (steps, random) => steps.toSpliced(random(steps.length), 1),
  double: (steps, random) => steps.toSpliced(random(steps.length), 0, pick(random, steps)),
  reorder: (steps, random) => {
    const [from, to] = [random(steps.length), random(steps.length)]
    return steps.toSpliced(from, 1).toSpliced(to, 0, steps[from]!)
  },
  'edit data': (steps, random) => {
    const at = random(steps.length)
    const { data } = steps[at]!
    if (data.length === 0) return [...steps]
    const byte = random(data.length)
    return steps.with(at, { ...steps[at]!, data: data.with(byte, data[byte]! ^ (1 + random(255))) })
  },
  'edit data and digest': (steps, random) => {
    const at = random(steps.length)
    const { pcrIndex, eventType, data } = steps[at]!
    const other = Uint8Array.from([...data, random(256)])
    return steps.with(at, measured(pcrIndex, eventType, other))
  },
  'edit a digest': (steps, random) => {
    const at = random(steps.length)
    const digests = new Map([['sha256' as const, digest('sha256', Uint8Array.of(random(256)))]])
    return steps.with(at, { ...steps[at]!, digests })
  },
  'forge a separator': (steps, random) => {
    const value = pick(random, [0, 1, 0xff])
    const separator = measured(random(24), EV.SEPARATOR, new Uint8Array(4).fill(value))
    return steps.toSpliced(random(steps.length), 0, separator)
  },
  'add a command line': (steps, random) => {
    const text = new TextEncoder().encode('kernel_cmdline: /vmlinuz init=/bin/sh')
    return steps.toSpliced(
      random(steps.length),
      0,
      measured(pick(random, [8, 9, 12]), EV.IPL, text),
    )
  },
  'hide as nothing': (steps, random) => {
    const at = random(steps.length)
    return steps.with(at, { ...steps[at]!, eventType: EV.NO_ACTION })
  },
}

const isMeasured = ({ eventType }: Step) => eventType !== EV.NO_ACTION
const hexOf = ({ digests }: Step) => toHex(digests.get('sha256')!)
/** What a TPM holds afterwards, but for PCR 1, which is the machine's own and not foretold. */
const registersOf = (steps: readonly Step[]) =>
  JSON.stringify(
    Array.from({ length: 24 }, (_, pcr) =>
      pcr === 1 ? [] : steps.filter((s) => s.pcrIndex === pcr && isMeasured(s)).map(hexOf),
    ),
  )

test('nothing that changes what was measured is affirmed, whatever is done to the log, one deed after the other', () => {
  const random = randomFrom(seed)
  const genuine = registersOf(events)
  let refused = 0
  for (let i = 0; i < 1500; i++) {
    let steps: Step[] = [...events]
    const names = Array.from({ length: 1 + random(4) }, () => pick(random, Object.keys(deeds)))
    for (const name of names) steps = deeds[name]!(steps, random)
    const what = `${names.join(', ')} (try ${i}, FUZZ_SEED=${seed})`
    // An honest TPM and an edited log; then a TPM that was extended to fit.
    const edited = evidenceOf(quoted, { eventLog: logOf(steps), imaLog })
    for (const input of [edited, forged(steps)]) {
      const { tier, claims } = appraiseEvidence(input).result
      if (tier !== 'affirming') {
        refused++
        continue
      }
      assert.equal(registersOf(steps), genuine, what)
      assert.deepEqual(moreThanGenuine(claims), [], what)
    }
  }
  assert.ok(refused > 2000, `${refused}`)
})
