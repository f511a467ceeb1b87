import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const root = join(import.meta.dirname, '../../..')
const guide = readFileSync(join(root, 'docs/guides/bring-your-own-image.md'), 'utf8')
const [small] = globSync(join(root, '.cache/images/small-*/disk.raw'))
const enrolled = '/usr/share/OVMF/OVMF_VARS_4M.ms.fd'
const skip =
  small === undefined || !existsSync(enrolled)
    ? 'no image built yet, or no ovmf: npm run setup'
    : false

test('what the guide tells to type for an image and a machine of one’s own is done', {
  skip,
}, async (t) => {
  await signedIn(t)
  const folder = mkdtempSync(join(tmpdir(), 'tl-own-'))
  const before = process.cwd()
  t.after(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })
  process.chdir(folder)
  for (const name of ['debian.qcow2', 'old.qcow2'])
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', small!, name])
  copyFileSync(enrolled, 'old_VARS.fd')
  const files = `<os><nvram>old_VARS.fd</nvram></os><devices><disk><source file='old.qcow2'/></disk></devices>`
  writeFileSync('old.xml', `<domain><name>old</name><vcpu>1</vcpu>${files}</domain>`)
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]!)
  const lines = blocks.join('').trimEnd().split('\n')
  assert.ok(lines.length > 12)
  for (const line of lines) {
    const [program, ...args] = line.split(' ')
    assert.equal(program, 'tl')
    const { code, err } = await tl(...args)
    assert.equal(code, 0, `${line}: ${err}`)
  }
})
