/** The guide to keys of one's own, typed as it stands, against a real host. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildImage } from '@trusted-launch/host'
import { cacheDirectory } from './machines.ts'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'apps/cli/src/main.ts')
const guide = readFileSync(join(root, 'docs/guides/own-keys.md'), 'utf8')

/** What commands end with and say, where it is not 0 and anything. */
const expected: readonly [RegExp, number, RegExp][] = [
  [/^tl signing-key show ours$/, 0, /^key +RSA, 2048 bits$/m],
  [/^tl image sign/, 0, /^web\.signed\.raw$/m],
  [/^tl vm create --name web/, 0, /its verdict +tl vm attest web/],
  [/^tl vm attest web/, 0, /unified kernel image .* ours +4 +expected[\s\S]*\naffirming\n/],
  [/^tl signing-key show ours --certificate --form base64/, 0, /^MII[\w+/]+=*$/m],
  [/^tl vm create --name (?:debian|foreign)/, 1, /SecureBootViolation/],
]

test('what the guide to keys of one’s own tells to type boots what they signed, affirming, and nothing else boots', {
  timeout: 900_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-keys-'))
  const env = {
    ...process.env,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
  }
  mkdirSync(join(folder, 'bin'))
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`
  writeFileSync(join(folder, 'bin/tl'), launcher, { mode: 0o755 })
  for (const [guest, name] of [
    ['uki', 'web'],
    ['small', 'debian'],
  ] as const) {
    const { path, format } = await buildImage(guest, { cacheDirectory })
    execFileSync('qemu-img', [
      'convert',
      '-f',
      format,
      '-O',
      'raw',
      path,
      join(folder, `${name}.raw`),
    ])
  }
  const up = spawn('tl', ['up', '--listen', '127.0.0.1:0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => {
    spawnSync('tl', ['down', '--vms'], { env, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  })
  await started(up)
  const met = new Set<RegExp>()
  for (const line of commandsOf(guide)) {
    const row = expected.find(([which]) => which.test(line))
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
      ...{ cwd: folder, env, encoding: 'utf8' },
    })
    assert.equal(status, row?.[1] ?? 0, `${line}: ${stderr}${stdout}`)
    assert.match(stdout + stderr, row?.[2] ?? /(?:)/, line)
    if (row !== undefined) met.add(row[0])
    t.diagnostic(`${line}: ${status}`)
  }
  assert.equal(met.size, expected.length)
})

const commandsOf = (text: string) =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trimEnd().split('\n'))

async function started(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended with ${code}`)
  })
  await Promise.race([once(child.stdout!, 'data'), ended])
  ended.catch(() => {})
}
