import assert from 'node:assert/strict'
import { test } from 'node:test'

// Not of this project's types: its files are made for a browser.
const { matching } = await import(`../../apps/portal/src/pages/machines/${'view'}.ts`)

const machines = [
  { name: 'a', tags: { Env: 'Prod', link: 'a=b' } },
  { name: 'b', tags: {} },
]
const named = (tag: string): string[] => {
  const view = { name: '', power: '', security: '', integrity: '', tag }
  return matching(machines, view).map(({ name }: { name: string }) => name)
}

test('a tag is looked for by its name in any case of letters, and its value as it is', () => {
  assert.deepEqual(named(''), ['a', 'b'])
  assert.deepEqual(named('env'), ['a'])
  assert.deepEqual(named('env=Prod'), ['a'])
  assert.deepEqual(named('env=prod'), [])
  assert.deepEqual(named('link=a=b'), ['a'])
  for (const none of ['constructor', 'toString', 'link=']) assert.deepEqual(named(none), [], none)
})
