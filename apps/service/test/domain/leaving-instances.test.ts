import assert from 'node:assert/strict'
import test from 'node:test'
import { leaving } from '../../src/domain/scale-set/remove-instances.ts'

const set = (rule?: string): any => ({
  name: 'web',
  properties: rule === undefined ? {} : { scaleInPolicy: { rules: [rule] } },
})

function instance(
  number: number,
  rest: { zone?: string; failed?: boolean; kept?: boolean } = {},
): any {
  return {
    id: `/i/${number}`,
    envelope: rest.zone === undefined ? {} : { zones: [rest.zone] },
    properties: rest.kept === true ? { protectionPolicy: { protectFromScaleIn: true } } : {},
    provisioningState: rest.failed === true ? 'Failed' : 'Succeeded',
    state: { scaleSet: { id: '/s', model: 1, number, faultDomain: 0 } },
  }
}

const numbers = (rows: readonly any[]) => rows.map(({ state }) => state.scaleSet.number)

test('the newest go first, or the oldest where the policy says so; none where none has to', () => {
  const all = [0, 1, 2, 3].map((n) => instance(n))
  assert.deepEqual(numbers(leaving(set(), all, 2)), [3, 2])
  assert.deepEqual(numbers(leaving(set('OldestVM'), all, 2)), [0, 1])
  assert.deepEqual(leaving(set(), all, 9), [])
})

test('those that failed go before all others, then those of the fullest zone', () => {
  const all = [
    instance(0, { failed: true }),
    instance(1, { zone: '1' }),
    instance(2, { zone: '1' }),
    instance(3, { zone: '2' }),
  ]
  assert.deepEqual(numbers(leaving(set(), all, 1)), [0, 2, 3])
})

test('protected ones stay, and more than may go is refused', () => {
  const all = [instance(0), instance(1, { kept: true })]
  assert.deepEqual(numbers(leaving(set(), all, 1)), [0])
  assert.throws(() => leaving(set(), all, 0), /protected from scaling in/)
})

test('a thousand leave at once', () => {
  const all = Array.from({ length: 1000 }, (_, n) => instance(n, { zone: `${n % 3}` }))
  assert.equal(new Set(numbers(leaving(set(), all, 0))).size, 1000)
})
