import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { contained, removeBuildFolder } from '../../src/images/contained.ts'

const skip = process.getuid?.() === 0 ? false : 'only root mounts'
const folderOf = () => mkdtempSync(join(realpathSync(tmpdir()), 'built here-'))

test('what a contained program mounts is gone with it', { skip }, (t) => {
  const folder = folderOf()
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  assert.equal(seenIn(folder, contained()), 'seen')
  assert.ok(!existsSync(join(folder, 'seen')))
})

test('in a chroot whose root is no mount point, too', { skip }, async (t) => {
  const folder = folderOf()
  t.after(() => removeBuildFolder(folder))
  for (const name of ['bin', 'lib', 'lib64', 'usr', 'proc', 'sbin']) {
    if (!existsSync(`/${name}`)) continue
    mkdirSync(join(folder, name))
    execFileSync('mount', ['--rbind', `/${name}`, join(folder, name)])
  }
  mkdirSync(join(folder, 'work'))
  mkdirSync(join(folder, 'node'))
  execFileSync('mount', ['--bind', dirname(process.execPath), join(folder, 'node')])
  const source = readFileSync(new URL('../../src/images/contained.ts', import.meta.url), 'utf8')
  const code = `${source}\nconsole.log(JSON.stringify(contained()))`
  const node = ['/node/node', '--input-type=module-typescript', '-e', code]
  const args = JSON.parse(execFileSync('chroot', [folder, ...node], { encoding: 'utf8' }))
  assert.ok(args.includes('--propagation=unchanged'))
  assert.equal(seenIn('/work', args, ['chroot', folder]), 'seen')
})

/** What a contained program sees in what it mounts on a folder. */
function seenIn(folder: string, args: readonly string[], before: readonly string[] = []): string {
  const script = 'mount -t tmpfs none "$0" && touch "$0/seen" && ls "$0"'
  const [program, ...rest] = [...before, 'setpriv', ...args, 'sh', '-c', script, folder]
  return execFileSync(program!, rest, { encoding: 'utf8' }).trim()
}

test('a build folder is removed, and not what is mounted below it', { skip }, async (t) => {
  const outside = folderOf()
  const folder = folderOf()
  t.after(() => rmSync(outside, { recursive: true, force: true }))
  writeFileSync(join(outside, 'kept'), 'kept')
  for (const name of ['a', 'a/b']) {
    mkdirSync(join(folder, name), { recursive: true })
    execFileSync('mount', ['--bind', outside, join(folder, name)])
    if (name === 'a') mkdirSync(join(outside, 'b'), { recursive: true })
  }
  await removeBuildFolder(folder)
  assert.ok(!existsSync(folder))
  assert.equal(readFileSync(join(outside, 'kept'), 'utf8'), 'kept')
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(folder.replace(' ', '\\040')))
})
