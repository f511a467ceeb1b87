import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeEvidence } from '@trusted-launch/channel'
import { concat, encode, toHex, u16be } from '@trusted-launch/codec'
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
  assert.ok(brokenPromises('').some((fault) => fault.includes('tests/e2e/vault.grid.ts')))
})

test('a promise that only tests in brackets keep, which need the evidence corpus, is a fault', () => {
  const row = '(`tools/test/setup.test.ts`)'
  assert.match(brokenPromises(`| all is well | ${row} |`)[0]!, /nothing keeps "all is well/)
  assert.doesNotMatch(
    brokenPromises(`| all is well | \`bench/boot.ts\` ${row} |`)[0]!,
    /nothing keeps/,
  )
})

test('the options that the README gives the demo are its options', () => {
  const help = run('apps/demo/src/main.ts', '--help')
  const shown = [...readme.matchAll(/^ {4}npm run .*demo -- (.*?)(?: {2,}.*)?$/gm)]
  const options = shown.flatMap(([, args]) => args!.match(/--[a-z]+/g) ?? [])
  assert.ok(options.length >= 3)
  for (const option of options) assert.match(help, new RegExp(`${option}\\b`))
})

test('the commands that the README names of tl are its commands', () => {
  const commands = new Set([...readme.matchAll(/\bnpx tl ([a-z][a-z-]*)/g)].map(([, name]) => name))
  const help = run('apps/cli/bin/tl.mjs', '--help')
  assert.ok(commands.size >= 3)
  for (const command of commands) assert.match(help, new RegExp(`^ +${command}\\b`, 'm'))
})

test('the example replays a recorded log to the PCRs that were quoted', () => {
  const folder = 'packages/eventlog/testdata/small-secure-boot'
  const said = run('examples/replay-an-event-log.ts', `${folder}/event-log`)
  const { sha256 } = JSON.parse(readFileSync(`${folder}/pcrs.json`, 'utf8'))
  for (const pcr of ['0', '4', '7', '9']) assert.ok(said.includes(`PCR ${pcr} = ${sha256[pcr]}`))
})

/** The log with another kernel command line than was measured. */
function edited(log: Uint8Array): Uint8Array {
  const copy = Buffer.from(log)
  copy.write('X', copy.indexOf('kernel_cmdline: /vmlinuz') + 20, 'latin1')
  return copy
}

/** The files that tpm2-tools would have written of the recorded boot of the small guest. */
function recordedFiles() {
  const { quotes, akPublic, eventLog, imaLog } = decodeEvidence(
    Uint8Array.from(readFileSync('apps/cli/testdata/small-secure-boot/evidence')),
  )
  const { attest, signature, pcrs } = quotes[0]!
  const folder = mkdtempSync(join(tmpdir(), 'examples-'))
  process.on('exit', () => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const values = Object.fromEntries(pcrs.map(({ index, digest }) => [index, toHex(digest)]))
  return {
    quote: file('quote.msg', attest),
    signature: file('quote.sig', signature),
    ak: file('ak.pub', concat(encode(u16be, akPublic.length), akPublic)),
    pcrs: file('pcrs.json', JSON.stringify({ sha256: values })),
    eventLog: file('event-log', eventLog!),
    editedLog: file('edited-log', edited(eventLog!)),
    imaLog: file('ima-list', imaLog!),
    nonce: '07'.repeat(32),
  }
}

test('the example reads a quote: its nonce, its PCRs, and that the key signed it', () => {
  const { quote, signature, ak, nonce } = recordedFiles()
  const said = run('examples/read-a-quote.ts', quote, signature, ak)
  assert.ok(said.includes(`nonce       ${nonce}`), said)
  assert.match(said, /^PCRs {8}sha256: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 23$/m)
  assert.match(said, /signature {3}holds\n$/)
})

test('the example appraises files offline, and says what is wrong with an edited log', () => {
  const { quote, signature, ak, pcrs, eventLog, editedLog, imaLog, nonce } = recordedFiles()
  const appraised = (log: string) =>
    run('examples/appraise-offline.ts', nonce, quote, signature, ak, pcrs, log, imaLog)
  const good = appraised(eventLog)
  assert.match(good, /^secure-boot = true\n/m)
  assert.match(good, /\nwarning\n$/)
  assert.match(appraised(editedLog), /^high: kernel command line|^high: event log/m)
  assert.match(appraised(editedLog), /\ncontraindicated\n$/)
})

test('the program that docs/tokens.md shows is the example, letter for letter', () => {
  const text = readFileSync('docs/tokens.md', 'utf8')
  const [, shown] = /<!-- example: verify-a-token\.ts -->\n```ts\n(.*?)```/s.exec(text)!
  assert.equal(shown, readFileSync('examples/verify-a-token.ts', 'utf8'))
})
