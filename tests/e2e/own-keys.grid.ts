/** The guide to keys of one's own, typed as it stands, against a real host. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildImage } from '@trusted-launch/host'
import { aControlPlane } from './a-control-plane.ts'
import { cacheDirectory, testFolder } from './machines.ts'

const root = join(import.meta.dirname, '../..')
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
  const folder = testFolder(t)
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
  const { type } = await aControlPlane(t, folder)
  const met = new Set<RegExp>()
  for (const line of commandsOf(guide)) {
    const row = expected.find(([which]) => which.test(line))
    const { status, stdout, stderr } = type(line)
    assert.equal(status, row?.[1] ?? 0, `${line}: ${stderr}${stdout}`)
    assert.match(stdout + stderr, row?.[2] ?? /(?:)/, line)
    if (row !== undefined) met.add(row[0])
  }
  assert.equal(met.size, expected.length)
})

const commandsOf = (text: string) =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trimEnd().split('\n'))
