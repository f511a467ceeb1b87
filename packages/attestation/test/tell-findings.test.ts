import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingOf } from '../src/finding-table.ts'
import { tellFindings } from '../src/tell-findings.ts'

const untrusted = (i: number, severity: 'low' | 'high' = 'low') =>
  findingOf({ id: 'module.untrusted', summary: `${i}`, severity, pcr: 10, events: [i] })

test('what is found twice is told once, and weighs what the worse of both says', () => {
  const at = { id: 'exit-boot-services.missing', pcr: 5 } as const
  const [low, high] = (['low', 'high'] as const).map((severity) =>
    findingOf({ ...at, severity, summary: severity }),
  )
  assert.deepEqual(tellFindings([low!, high!]), [high])
  assert.deepEqual(tellFindings([high!, low!]), [high])
})

test('what is wanted twice, and otherwise, is told twice', () => {
  const wanted = (expected: string) =>
    findingOf({ id: 'policy.requirement', summary: 'It is not so.', expected })
  assert.equal(tellFindings([wanted('at least 3'), wanted('at least 5')]).length, 2)
})

test('of one place as many things are told as were found there, and the same thing once', () => {
  const at = { id: 'secure-boot-variables.not-allowed', pcr: 7, events: [7], summary: '' } as const
  const entries = ['a', 'b', 'c'].map((actual) => findingOf({ ...at, actual }))
  assert.deepEqual(tellFindings([...entries, ...entries]), entries)
})

test('256 of one id are told each by itself, of more the last tells how many there are', () => {
  const found = Array.from({ length: 256 }, (_, i) => untrusted(i))
  assert.deepEqual(tellFindings(found), found)
  const told = tellFindings([...found, untrusted(256), untrusted(257, 'high')])
  assert.equal(told.length, 256)
  assert.deepEqual(told[0], untrusted(257, 'high'))
  assert.equal(told.at(-1)!.summary, 'And 3 more of the same, which are not told one by one.')
  assert.equal(told.at(-1)!.severity, 'low')
})
