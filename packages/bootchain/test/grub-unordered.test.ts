/** Configurations that cannot be followed: all that may be measured of them, by kernel. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { matchesPattern } from '@trusted-launch/attestation'
import { toHex, toLatin1 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeEventLog } from '@trusted-launch/eventlog'
import { grubUnordered } from '../src/grub-unordered.ts'
import { BootChainError, type GrubRun, runGrub } from '../src/index.ts'
import { DEBIAN_CONFIGURATION, debianGrub, diskOf, type Files } from './a-disk.ts'

const folder = new URL('../testdata/stock-debian-12/', import.meta.url)
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)))
const text = (name: string) => toLatin1(read(name))
const builtIn = debianGrub(DEBIAN_CONFIGURATION)
const kernel = 'boot/vmlinuz-6.1.0-13-cloud-amd64'
const initrd = 'boot/initrd.img-6.1.0-13-cloud-amd64'
const entry = (title: string, line: string, more = '') =>
  `menuentry '${title}' {\n${line}\ninitrd /${initrd}\n${more}}\n`

function disk(config: string, more: Files = {}) {
  const onRoot = { 'boot/grub/grub.cfg': config, [kernel]: 'K', [initrd]: 'I', ...more }
  return diskOf({ 'EFI/debian/grub.cfg': text('stub.cfg') }, onRoot)
}
const runs = (config: string, more: Files = {}, grub = builtIn) =>
  grubUnordered(grub, disk(config, more), 'EFI/BOOT')
const texts = ({ measurements }: GrubRun, kind: string) =>
  measurements.filter((each) => each.kind === kind).map((each) => each.text)

test('a loop, a name that is looked for, a theme and a password keep nobody from saying what may be measured', () => {
  const config = [
    'for file in /boot/grub/*.extra; do source $file; done',
    'while [ x$a != xb ]; do set a=b; done',
    'set theme=($root)/boot/grub/theme.txt',
    'password_pbkdf2 root grub.pbkdf2.sha512.10000.AB',
    entry('Debian', `linux /${kernel} root=UUID=1 ro quiet`),
    entry('Debian, repaired', `linux /${kernel} root=UUID=1 ro single`),
  ].join('\n')
  const files = { 'boot/grub/theme.txt': 'T', 'boot/grub/x86_64-efi/ext2.mod': 'M' }
  assert.throws(() => runGrub(builtIn, disk(config, files), 'EFI/BOOT'), {
    code: 'UNPREDICTABLE',
  })
  const [run, ...others] = runs(config, files)
  assert.deepEqual(others, [])
  assert.equal(run!.isOrdered, false)
  assert.equal(run!.commandLine, `/${kernel} root=UUID=1 ro quiet`)
  assert.deepEqual(texts(run!, 'command-line'), [run!.commandLine])
  assert.deepEqual(texts(run!, 'kernel'), [`(hd0,gpt2)/${kernel}`])
  assert.deepEqual(texts(run!, 'initrd'), [`(hd0,gpt2)/${initrd}`])
  assert.deepEqual(texts(run!, 'configuration').sort(), [
    '(hd0,gpt2)/boot/grub/grub.cfg',
    '(hd0,gpt2)/boot/grub/theme.txt',
    'EFI/debian/grub.cfg',
  ])
  const patterns = run!.measurements.filter(({ bytes }) => bytes === null).map((each) => each.text)
  for (const wanted of ['source $file', '[ x$a != xb ]', 'set theme=($root)/boot/grub/theme.txt'])
    assert.ok(patterns.includes(wanted.replace(/\$(\w+)/, (_, name) => `\${${name}}`)), wanted)
  const commands = texts(run!, 'command')
  for (const wanted of ['set a=b', `linux /${kernel} root=UUID=1 ro single`])
    assert.ok(commands.includes(wanted), wanted)
})

test('what a boot of Debian 12’s own configuration measures is all among what may be', () => {
  const catalogue = new Uint8Array([0xde, 0x12, 0x04, 0x95, ...new Uint8Array(24)])
  const lists = ['command', 'fs', 'crypto', 'terminal'].map(
    (name) => [`boot/grub/x86_64-efi/${name}.lst`, `${name}: ${name}\n`] as const,
  )
  const config = text('grub.cfg').replace('lang=en_US', 'lang=de_DE')
  const environment = '# GRUB Environment Block\n'.padEnd(1024, '#')
  const more = { ...Object.fromEntries(lists), 'boot/grub/locale/de.mo': catalogue }
  const [run] = runs(config, { ...more, 'boot/grub/grubenv': environment })
  const followed = runGrub(
    builtIn,
    disk(config, { ...more, 'boot/grub/grubenv': environment }),
    'EFI/BOOT',
  )
  assert.equal(run!.commandLine, followed.commandLine)
  const digests = new Set(
    run!.measurements.flatMap(({ bytes }) =>
      bytes === null ? [] : [toHex(digest('sha256', bytes))],
    ),
  )
  const { events } = decodeEventLog(read('event-log'))
  const missed = events
    .filter(({ pcrIndex, digests: of }) => {
      const isOurs = pcrIndex === 8 || pcrIndex === 9
      return isOurs && !digests.has(toHex(of.get('sha256')!))
    })
    .map(({ data }) => toLatin1(data).replace(/\0$/, ''))
  const patterns = run!.measurements.filter(({ bytes }) => bytes === null)
  const isKnown = (command: string) =>
    patterns.some((each) => matchesPattern(each.text, command.replace('grub_cmd: ', '')))
  // The kernel and the initial RAM file system of that boot are not here.
  assert.deepEqual(
    missed.filter((each) => !isKnown(each)).map((each) => each.slice(0, 14)),
    ['/boot/vmlinuz-', '/boot/initrd.i'],
  )
})

test('each kernel has a run of its own, by the first entry that starts it', () => {
  const config = [
    entry('new', 'linux /boot/vmlinuz-2 quiet'),
    entry('old', `linuxefi /${kernel} quiet`),
    entry('old again', `linux /${kernel} single`),
    entry('by a variable', 'linux /boot/vmlinuz-3 $line'),
  ].join('\n')
  const found = runs(config, { 'boot/vmlinuz-2': 'K2', 'boot/vmlinuz-3': 'K3' })
  assert.deepEqual(
    found.map(({ commandLine }) => commandLine),
    ['/boot/vmlinuz-2 quiet', `/${kernel} quiet`],
  )
  for (const run of found) assert.equal(texts(run, 'kernel').length, 1)
})

test('files that a command names are among them, wherever they are', () => {
  const config = `search --file --set=root /boot/marker\n${entry('a', `linux /${kernel}`)}`
  const [run] = runs(config, { 'boot/marker': 'M' })
  assert.ok(texts(run!, 'configuration').includes('(hd0,gpt2)/boot/marker'))
})

test('what starts no kernel that is found, or by other means, is refused', () => {
  const refused = (config: string, grub = builtIn, more: Files = {}) =>
    assert.throws(
      () => runs(config, more, grub),
      (e) => e instanceof BootChainError && e.code === 'UNPREDICTABLE',
    )
  refused('echo nothing')
  refused(entry('gone', 'linux /boot/none'))
  refused(entry('by a variable', 'linux $kernel'))
  refused(entry('no script', 'if'))
  refused(entry('plain', `linux /${kernel}`), { ...builtIn, modules: new Set() })
  refused(`${'set a=b\n'.repeat(4_001)}${entry('long', `linux /${kernel}`)}`)
  const many = Array.from({ length: 2_100 }, (_, i) => [`boot/grub/${i}.cfg`, ''] as const)
  refused(entry('many', `linux /${kernel}`), builtIn, Object.fromEntries(many))
  refused(
    Array.from({ length: 17 }, (_, i) => entry(`${i}`, `linux /boot/k${i}`)).join(''),
    builtIn,
    {
      ...Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`boot/k${i}`, `${i}`])),
    },
  )
})
