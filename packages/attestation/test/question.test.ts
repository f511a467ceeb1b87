import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { appraiseEvidence } from '../src/appraise.ts'
import { concludeWithoutEvidence } from '../src/conclude.ts'
import { QUOTED_PCRS } from '../src/expectation.ts'
import { useNonce } from '../src/nonces.ts'
import { idsOf } from './appraised.ts'
import { quoteOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot(), { measured: [] })

/** Genuine evidence over these PCRs only, asked for as such. */
function asked(pcrs: readonly number[]) {
  const quotes = input.evidence.quotes.map(({ bank, pcrs: quoted }) => {
    const values = quoted.filter(({ index }) => pcrs.includes(index))
    return quoteOf(bank, new Map(values.map(({ index, digest }) => [index, digest])))
  })
  return appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, quotes },
    expectation: { ...input.expectation, pcrs },
  })
}

test('PCR 0 to 15 and 23 are always asked for', () => {
  const boot = Array.from({ length: 16 }, (_, pcr) => pcr)
  assert.deepEqual(QUOTED_PCRS, [...boot, 23])
  assert.deepEqual(asked(QUOTED_PCRS).findings, [])
})

for (const pcr of QUOTED_PCRS)
  test(`a question that leaves out PCR ${pcr} affirms nothing, though it is answered as asked`, () => {
    const { result, claims, findings } = asked(QUOTED_PCRS.filter((each) => each !== pcr))
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['question.pcrs'],
    )
    assert.equal(result.tier, pcr === 23 ? 'warning' : 'contraindicated')
    if (pcr !== 23) assert.deepEqual(claims, {})
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

test('a refused nonce gives no verdict, and says why', () => {
  const { evidence: _, ...without } = input
  for (const fault of ['nonce-unknown', 'nonce-of-another-vm', 'nonce-expired']) {
    const { tier, findings } = concludeWithoutEvidence(without, fault)
    assert.equal(tier, 'none')
    assert.deepEqual([findings[0]?.id, findings[0]?.actual], ['nonce.refused', fault])
  }
  assert.equal(concludeWithoutEvidence(without, 'toString').findings[0]?.id, 'agent.no-evidence')
})
