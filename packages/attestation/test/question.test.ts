import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { appraiseEvidence } from '../src/appraise.ts'
import { concludeWithoutEvidence } from '../src/conclude.ts'
import { QUOTED_PCRS } from '../src/expectation.ts'
import { keepNonce, type OpenNonce, useNonce } from '../src/memory/nonces.ts'
import type { Profile } from '../src/profile.ts'
import { idsOf } from './appraised.ts'
import { quoteOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot(), { measured: [] })

/** Genuine evidence over these PCRs only, asked for as such. */
function asked(pcrs: readonly number[], profile: Profile = 'strict') {
  const quotes = input.evidence.quotes.map(({ bank, pcrs: quoted }) => {
    const values = quoted.filter(({ index }) => pcrs.includes(index))
    return quoteOf(bank, new Map(values.map(({ index, digest }) => [index, digest])))
  })
  return appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, quotes },
    expectation: { ...input.expectation, pcrs, profile },
  })
}

test('PCR 0 to 15 and 23 are always asked for', () => {
  const boot = Array.from({ length: 16 }, (_, pcr) => pcr)
  assert.deepEqual(QUOTED_PCRS, [...boot, 23])
  assert.deepEqual(asked(QUOTED_PCRS).findings, [])
})

const without = (...pcrs: number[]) => QUOTED_PCRS.filter((each) => !pcrs.includes(each))

for (const pcr of without(23))
  test(`a question that leaves out PCR ${pcr} affirms nothing, though it is answered as asked`, () => {
    const appraised = asked(without(pcr))
    assert.deepEqual(idsOf(appraised), ['question.pcrs'])
    assert.equal(appraised.result.tier, 'contraindicated')
    assert.deepEqual(appraised.claims, {})
  })

test('nothing is said by PCR 23, so a question without it says so and affirms the rest', () => {
  const appraised = asked(without(23))
  assert.deepEqual(idsOf(appraised), ['question.pcrs'])
  assert.equal(appraised.result.tier, 'affirming')
})

test('of an imported log PCR 0 to 7 must be asked for, and of another nothing is claimed', () => {
  for (const pcr of [0, 7])
    assert.deepEqual(idsOf(asked(without(pcr), 'pc-client')), ['question.pcrs'])
  const { claims, findings, result } = asked(without(8, 23), 'pc-client')
  assert.ok(findings.some(({ id, pcr }) => id === 'pcr.not-given' && pcr === 8))
  const aggregate = findings.find(({ id }) => id === 'ima.boot-aggregate')
  assert.match(aggregate!.summary, /cannot be told: PCR 8 is not quoted/)
  assert.equal(aggregate!.severity, 'low')
  assert.equal(claims['command-line']?.verified, false)
  assert.equal(claims['secure-boot']?.verified, true)
  assert.notEqual(result.tier, 'affirming')
})

test('a nonce that is not 32 bytes affirms nothing, though it is quoted', () => {
  for (const nonce of [new Uint8Array(), new Uint8Array(16), new Uint8Array(33)]) {
    const quotes = input.evidence.quotes.map(({ bank, pcrs }) =>
      quoteOf(bank, new Map(pcrs.map(({ index, digest }) => [index, digest])), {
        extraData: nonce,
      }),
    )
    const appraised = appraiseEvidence({
      ...input,
      evidence: { ...input.evidence, quotes },
      expectation: { ...input.expectation, nonce },
    })
    assert.deepEqual(idsOf(appraised), ['question.nonce'])
    assert.equal(appraised.result.tier, 'contraindicated')
  }
})

const { nonce } = input.expectation
const drawn = { vm: 'vm-1', nonce: toHex(nonce), expires: 1000 }
const answer = { vm: 'vm-1', nonce, time: 999 }

test('a nonce is used once: the same answer given again is refused', () => {
  const first = useNonce([drawn], answer)
  assert.deepEqual(first, { fault: null, next: [] })
  assert.equal(useNonce(first.next, answer).fault, 'nonce-unknown')
})

test("another VM's nonce is refused, and stays that VM's to use", () => {
  const foreign = useNonce([drawn], { ...answer, vm: 'vm-2' })
  assert.deepEqual(foreign, { fault: 'nonce-of-another-vm', next: [drawn] })
  assert.equal(useNonce(foreign.next, answer).fault, null)
})

test('a nonce that was never drawn, or too long ago, is refused', () => {
  assert.equal(useNonce([], answer).fault, 'nonce-unknown')
  const late = useNonce([drawn, { ...drawn, nonce: 'ff' }], { ...answer, time: 1000 })
  assert.deepEqual(late, { fault: 'nonce-expired', next: [] })
})

test('a nonce is kept for five minutes, sixteen of a VM, and never drawn twice', () => {
  const bytes = (n: number) => new Uint8Array(32).fill(n)
  const draw = (open: readonly OpenNonce[], n: number, vm = 'vm-1', at = 0) =>
    keepNonce(open, { vm, nonce: bytes(n), time: at })
  const other = draw([], 200, 'vm-2')
  let open = other
  for (let n = 0; n < 17; n++) open = draw(open, n)
  assert.equal(open.length, 17)
  const used = (n: number, vm = 'vm-1', at = 299_999) =>
    useNonce(open, { vm, nonce: bytes(n), time: at }).fault
  assert.deepEqual([used(0), used(1), used(16)], ['nonce-unknown', null, null])
  assert.deepEqual([used(200, 'vm-2'), used(200)], [null, 'nonce-of-another-vm'])
  assert.equal(used(1, 'vm-1', 300_000), 'nonce-expired')
  assert.equal(draw(open, 17, 'vm-1', 300_000).length, 1)
  assert.throws(() => draw(open, 1), RangeError)
  assert.throws(() => draw(open, 1, 'vm-2'), RangeError)
  assert.throws(() => keepNonce([], { vm: 'a', nonce: new Uint8Array(31), time: 0 }), RangeError)
})

test('a refused nonce gives no verdict, and says why', () => {
  const { evidence: _, ...without } = input
  for (const fault of ['nonce-unknown', 'nonce-of-another-vm', 'nonce-expired']) {
    const { tier, findings } = concludeWithoutEvidence(without, fault)
    assert.equal(tier, 'none')
    assert.deepEqual([findings[0]?.id, findings[0]?.actual], ['nonce.refused', fault])
  }
  assert.equal(concludeWithoutEvidence(without, 'toString').findings[0]?.id, 'agent.no-evidence')
})
