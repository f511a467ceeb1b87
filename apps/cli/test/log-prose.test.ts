import assert from 'node:assert/strict'
import test from 'node:test'
import { proseOf } from '../src/log-prose.ts'

const TIME = Date.UTC(2026, 0, 1, 12)

test('a person reads prose of the log: when, how bad, what and why, on one line that obeys no escape', () => {
  const entry = {
    level: 40,
    time: TIME,
    pid: 1,
    hostname: 'h',
    msg: 'no agent',
    vm: 'web',
    tries: 2,
  }
  const at = new Date(TIME).toTimeString().slice(0, 8)
  assert.equal(proseOf(JSON.stringify(entry)), `${at} warning: no agent (vm=web, tries=2)\n`)
  const failed = { ...entry, level: 50, err: { message: 'gone\x1b[2J', stack: 'at x.ts:1' } }
  const said = proseOf(JSON.stringify(failed))
  assert.match(said, /^\S+ error: no agent: gone/)
  assert.doesNotMatch(said, /\x1b|x\.ts/)
  assert.equal(proseOf('no JSON\n'), 'no JSON\n')
})
