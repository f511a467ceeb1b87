import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { decodeEvidence } from '@trusted-launch/channel'
import { concat, encode, toHex, u16be } from '@trusted-launch/codec'
import { newAuthority, newKey, pemOf, recordedInput, recordOf } from './a-record.ts'
import { newFolder, tl } from './a-run.ts'

const root = join(import.meta.dirname, '../../..')

/** A folder with every file that the examples name, of the recorded boot. */
function folderOfExamples(): string {
  const folder = newFolder()
  const file = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(folder, name), content)
  const evidence = decodeEvidence(
    Uint8Array.from(
      readFileSync(join(import.meta.dirname, '../testdata/small-secure-boot/evidence')),
    ),
  )
  const { attest, signature, pcrs } = evidence.quotes[0]!
  file('quote.msg', attest)
  file('quote.sig', signature)
  file('ak.pub', concat(encode(u16be, evidence.akPublic.length), evidence.akPublic))
  const values = pcrs.map(({ index, digest }) => [index, toHex(digest)])
  file('pcrs.json', JSON.stringify({ sha256: Object.fromEntries(values) }))
  cpSync(join(folder, 'pcrs.json'), join(folder, 'quote.pcrs'))
  file('binary_bios_measurements', evidence.eventLog!)
  file('binary_runtime_measurements', evidence.imaLog!)
  file('nonce.hex', '07'.repeat(32))
  const [authority, signer] = [newAuthority('an authority'), newKey()]
  file('record.json', recordOf(recordedInput(authority), signer))
  file('signer.pem', pemOf('PUBLIC KEY', signer.publicKey.spki))
  file('ca.pem', pemOf('CERTIFICATE', authority.certificate.der))
  mkdirSync(join(folder, 'bin'))
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'apps/cli/src/main.ts')} "$@"\n`
  writeFileSync(join(folder, 'bin/tl'), launcher, { mode: 0o755 })
  return folder
}

/** The examples of a command's help, each on one line. */
async function examplesOf(command: string): Promise<string[]> {
  const { out } = await tl(command, '--help')
  const [block] = /(?<=Examples:\n)( {2}.*\n)+/.exec(out)!
  return block!
    .replaceAll(/\\\n */g, '')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim())
}

/** What an example ends with where it is not the 4 of a verdict that lacks reference values. */
const ends: [RegExp, number][] = [
  // another installation's record
  [/\.cache\/demo/, 1],
  [/^tl eventlog .*--ima/, 0],
  [/^tl eventlog (binary_bios_measurements|- .*)$/, 0],
]

test('the examples of the help of appraise and eventlog do what they say', async () => {
  const folder = folderOfExamples()
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` }
  for (const command of ['appraise', 'eventlog'])
    for (const example of await examplesOf(command)) {
      const { status, stderr } = spawnSync('sh', ['-c', example], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      const expected = ends.find(([line]) => line.test(example))?.[1] ?? 4
      assert.equal(status, expected, `${example}: ${stderr}`)
    }
})
