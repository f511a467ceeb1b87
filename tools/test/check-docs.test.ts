import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { brokenPromises, missingCommands, missingFiles } from '../check-docs.ts'

const readme = readFileSync('README.md', 'utf8')
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout
}

test('a file that a document names, and that is not there, is a fault', () => {
  const text = '`tools/check-docs.ts` `packages/*/test/decoders.test.ts` `tools/none.ts` `none.ts`'
  assert.deepEqual(missingFiles('README.md', text), ['README.md: tools/none.ts does not exist'])
  assert.deepEqual(missingFiles('packages/codec/README.md', '`reader.ts` `none.ts`'), [
    'packages/codec/README.md: none.ts does not exist',
  ])
})

test('a command that a document shows, and that nobody wrote, is a fault', () => {
  assert.deepEqual(missingCommands('README.md', 'npm run --silent demo -- --json, npm run none'), [
    'README.md: npm run none is no script',
  ])
})

test('a promise that nothing keeps is a fault, and so is a whole boot that keeps none', () => {
  assert.match(brokenPromises('| all is well | by itself |')[0]!, /nothing keeps "all is well/)
  assert.ok(brokenPromises('').some((fault) => fault.includes('tests/e2e/vault.e2e.ts')))
})

test('the options that the README gives the demo are its options', () => {
  const help = run('apps/demo/src/main.ts', '--help')
  const shown = [...readme.matchAll(/^ {4}npm run .*demo -- (.*?)(?: {2,}.*)?$/gm)]
  const options = shown.flatMap(([, args]) => args!.match(/--[a-z]+/g) ?? [])
  assert.ok(options.length >= 3)
  for (const option of options) assert.match(help, new RegExp(`${option}\\b`))
})

test('the commands that the README names of tl are its commands', () => {
  const [, commands] = /^ {4}npx tl --help +# (.*)$/m.exec(readme)!
  const help = run('apps/cli/bin/tl.mjs', '--help')
  for (const command of commands!.split(', '))
    assert.match(help, new RegExp(`^ +${command}\\b`, 'm'))
})

test('the example replays a recorded log to the PCRs that were quoted', () => {
  const folder = 'packages/eventlog/testdata/small-secure-boot'
  const said = run('examples/replay-an-event-log.ts', `${folder}/event-log`)
  const { sha256 } = JSON.parse(readFileSync(`${folder}/pcrs.json`, 'utf8'))
  for (const pcr of ['0', '4', '7', '9']) assert.ok(said.includes(`PCR ${pcr} = ${sha256[pcr]}`))
})
