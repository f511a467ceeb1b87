import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { good, signedIn } from './a-control-plane.ts'

const guide = readFileSync(new URL('../../../docs/guides/portal.md', import.meta.url), 'utf8')

test('what the guide of the portal tells to type is done', async (t) => {
  await signedIn(t)
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]!)
  const lines = blocks.join('').trimEnd().split('\n')
  for (const line of lines) {
    const [npx, program, ...args] = line.split(' ')
    assert.deepEqual([npx, program], ['npx', 'tl'])
    assert.match((await good(...args)).out, /^https:\S+\/portal\/#ticket=\S+\n$/)
  }
})
