import assert from 'node:assert/strict'
import test from 'node:test'
import { Command } from 'commander'
import { repeatable } from '../src/repeatable.ts'

const initial = ['sha256', 'sha384']

function parsed(...args: string[]) {
  const command = new Command('it')
    .argument('[file]')
    .addOption(repeatable('--anchor <file>', 'an authority'))
    .addOption(repeatable('--bank <name>', 'a bank', { choices: ['sha1', 'sha256'], initial }))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  command.parse(args, { from: 'user' })
  return [command.args, command.opts()]
}

test('a repeatable option takes one value and leaves the next word to the command', () => {
  assert.deepEqual(parsed('--anchor', 'ca', 'record'), [
    ['record'],
    { anchor: ['ca'], bank: initial },
  ])
})

test('given again it takes another value; what is given replaces the default', () => {
  assert.deepEqual(parsed('--anchor', 'a', '--bank', 'sha1', '--anchor=b', '--bank', 'sha256'), [
    [],
    { anchor: ['a', 'b'], bank: ['sha1', 'sha256'] },
  ])
})

test('a value that is no choice is refused, and the choices are named', () => {
  assert.throws(() => parsed('--bank', 'md5'), /Allowed choices are sha1, sha256/)
})
