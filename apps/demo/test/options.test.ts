import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { demoCommand, optionsOf } from '../src/options.ts'
import { scenarioNames } from '../src/scenarios.ts'

function parse(...args: string[]) {
  const quiet = { writeOut: () => {}, writeErr: () => {} }
  const command = demoCommand('demo').exitOverride().configureOutput(quiet)
  return optionsOf(command.parse(args, { from: 'user' }))
}

function refuses(expected: RegExp, ...args: string[]) {
  assert.throws(() => parse(...args), { message: expected }, args.join(' '))
}

test('three scenarios by default, ten with --all, the named ones in the order of the table', () => {
  assert.deepEqual(parse().only, ['clean', 'loader-tampered', 'command-line-edited'])
  assert.deepEqual([parse('--all').only.length, scenarioNames.length], [10, 10])
  assert.deepEqual(parse('--only', 'vtpm-replaced, clean').only, ['clean', 'vtpm-replaced'])
  assert.deepEqual(parse('--json', '--keep', '--yes').json, true)
  assert.deepEqual([parse().portal, parse('--portal').portal], [false, true])
})

test('help shows what to type, whichever way the demo was started', () => {
  const npm = demoCommand('npm run demo --').helpInformation()
  assert.match(npm, /^Usage: npm run demo -- \[options\]/)
  assert.match(demoCommand('tl demo').helpInformation(), /^Usage: tl demo \[options\]/)
})

test('an unknown scenario, an unknown option and a contradiction are refused by name', () => {
  refuses(/No scenario is called vtpm\./, '--only', 'clean,vtpm')
  refuses(/at least one/, '--only', ' , ')
  refuses(/cannot be used with/, '--all', '--only', 'clean')
  refuses(/unknown option/, '--ony', 'clean')
  refuses(/too many arguments/, 'clean')
})

test('a nonce is 32 bytes, in hexadecimal', () => {
  const hex = '00ff'.repeat(16)
  assert.equal(Buffer.from(parse('--nonce', hex.toUpperCase()).nonce!).toString('hex'), hex)
  assert.equal(parse().nonce, null)
  refuses(/31 bytes; 32 must be/, '--nonce', '00'.repeat(31))
  refuses(/33 bytes; 32 must be/, '--nonce', '00'.repeat(33))
  for (const bad of ['0'.repeat(63), `0x${'0'.repeat(62)}`, 'g'.repeat(64)])
    refuses(/Not hexadecimal/, '--nonce', bad)
})

test('tampering alone runs the scenario of the user alone; its paths are of where the user is', () => {
  const { only, tamper } = parse('--tamper', '/EFI/a b=x=y', '--tamper', 'z=/abs')
  assert.deepEqual(only, [])
  assert.deepEqual(tamper, [
    { file: 'EFI/a b', path: join(process.env.INIT_CWD ?? process.cwd(), 'x=y') },
    { file: 'z', path: '/abs' },
  ])
  assert.deepEqual(parse('--only', 'clean', '--tamper', 'a=b').only, ['clean'])
})

test('a name that a FAT disk can not hold is refused', () => {
  for (const bad of ['no-equals', '=x', 'x=', '/=x']) refuses(/It is FILE=PATH/, '--tamper', bad)
  const names = ['..', '.', 'a/../b', 'a//b', 'a/', 'a:b', 'a*', 'a?', 'a"', 'a\\b', 'a|b', 'a<b']
  for (const bad of [...names, 'a>b', 'end.', 'end ', 'ä', 'a\nb', 'x'.repeat(256)])
    refuses(/no name of a file on a guest's disk/, '--tamper', `${bad}=x`)
  for (const good of ['a', 'vmlinuz', 'EFI/BOOT/BOOTX64.EFI', '.hidden', 'x'.repeat(255)])
    assert.equal(parse('--tamper', `${good}=x`).tamper[0]!.file, good)
})
