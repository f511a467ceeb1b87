import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

test('an update is announced at a VM or for all, with digests or without, told of and taken back', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const exact = ['--measured', `kernel=${'ab'.repeat(32)}`, '--module', 'cd'.repeat(32)]
  const create = ['announcement', 'create', 'ticket-7', '--reason', 'kernel 6.1.0-41']
  const made = await good(...create, '--vm', 'web', '--until', '4h', ...exact)
  assert.match(
    made.out,
    /^ticket-7 is announced at web until \S+: a boot that measures exactly this/,
  )
  const inWords = await good(...create, '--until', '2d')
  assert.match(inWords.out, /at the subscription until .*: the alert waits until then/)
  const [one] = await json('announcement', 'list', '--vm', 'web')
  assert.equal(one.properties.hasDigests, true)
  const hours = (Date.parse(one.properties.until) - Date.parse(one.properties.from)) / 3_600_000
  assert.ok(hours > 3.9 && hours <= 4, `${hours}`)
  assert.match(
    (await good('announcement', 'list')).out,
    /^ticket-7 .* none: it only delays .* kernel 6/m,
  )
  assert.match(
    (await good('announcement', 'show', 'ticket-7', '--vm', 'web')).out,
    /^digests +yes$/m,
  )
  assert.equal(
    (await good('announcement', 'delete', 'ticket-7')).out,
    'ticket-7 is announced no more\n',
  )
  assert.equal((await good('announcement', 'list')).out, 'nothing is announced\n')
  const gone = await tl('announcement', 'delete', 'ticket-7')
  assert.match(
    gone.err,
    /nothing called ticket-7 is announced at the subscription; tl announcement list/,
  )
  for (const [args, said] of [
    [[...create, '--until', 'soon'], /such as 30m, 4h, 2d/],
    [[...create, '--until', '1h', '--measured', 'kernel'], /COMPONENT=DIGEST is wanted/],
    [[...create, '--until', '1h', '--group', 'default'], /nothing is announced of a group/],
  ] as const) {
    const { code, err } = await tl(...args)
    assert.equal(code, 2, err)
    assert.match(err, said)
  }
})
