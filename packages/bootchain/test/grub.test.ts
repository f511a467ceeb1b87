import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeEventLog } from '@trusted-launch/eventlog'
import { parseGrubScript } from '../src/grub-syntax.ts'
import { BootChainError, loaderCommandLine, runGrub } from '../src/index.ts'
import { DEBIAN_CONFIGURATION, debianGrub, diskOf } from './a-disk.ts'

const debian = debianGrub(DEBIAN_CONFIGURATION)

const boot = 'linuxefi /vmlinuz quiet\ninitrdefi /initrd.img\nboot\n'

function run(config: string, files: Record<string, string> = {}) {
  const disk = diskOf({ vmlinuz: 'K', 'initrd.img': 'I', 'EFI/debian/grub.cfg': config, ...files })
  return runGrub(debian, disk, 'EFI/BOOT')
}

/** What of PCR 8 comes from the sourced configuration. */
const commands = (config: string, files: Record<string, string> = {}) =>
  run(config, files)
    .measurements.filter(({ pcr }) => pcr === 8)
    .map(({ text }) => text)
    .slice(4)

const refused = (config: string, code: string) =>
  assert.throws(
    () => run(config),
    (e) => e instanceof BootChainError && e.code === code,
  )

test('PCR 8 of a recorded boot is foretold digest by digest', () => {
  const file = new URL('../../eventlog/testdata/small-secure-boot/event-log', import.meta.url)
  const recorded = decodeEventLog(new Uint8Array(readFileSync(file)))
    .events.filter(({ pcrIndex }) => pcrIndex === 8)
    .map(({ digests }) => toHex(digests.get('sha256')!))
  const config =
    'set timeout=0\nlinuxefi /vmlinuz console=ttyS0 loglevel=6\ninitrdefi /initrd.img\nboot\n'
  const foretold = run(config)
    .measurements.filter(({ pcr }) => pcr === 8)
    .map(({ bytes }) => toHex(digest('sha256', bytes!)))
  assert.deepEqual(foretold, recorded)
})

test('files are measured in reading order under the path as written', () => {
  const files = run(boot).measurements.filter(({ pcr }) => pcr === 9)
  assert.deepEqual(
    files.map(({ text }) => text),
    ['(hd0,gpt1)/EFI/debian/grub.cfg', '/vmlinuz', '/initrd.img'],
  )
  assert.deepEqual(run(boot).kernel.path, 'vmlinuz')
})

test('quotes go, words join with one space, comments and layout are not measured', () => {
  assert.deepEqual(
    commands(`# a comment\na="x y"   b='c'  # more\nset  d=e;set f=g\n${boot}`).slice(0, 3),
    ['a=x y b=c', 'set d=e', 'set f=g'],
  )
})

test('every evaluated condition is measured, also false ones; untaken branches are not', () => {
  const config = `if [ a = b ]; then echo 1; elif [ ! -e /vmlinuz ]; then echo 2; else echo 3; fi\n${boot}`
  assert.deepEqual(commands(config).slice(0, 3), ['[ a = b ]', '[ ! -e /vmlinuz ]', 'echo 3'])
})

test('a negated command keeps its mark', () => {
  const config = `if ! search --file --set=root /none; then echo no; fi\n${boot}`
  assert.deepEqual(commands(config).slice(0, 2), ['! search --file --set=root /none', 'echo no'])
})

test('variables expand: split when bare, whole when quoted, nothing when empty', () => {
  const config = `set v="a  b"\necho $v "$v" '$v' $none "\${none}"z\n${boot}`
  assert.deepEqual(commands(config).slice(0, 2), ['set v=a  b', 'echo a b a  b $v z'])
})

test('a menu entry is measured as it stands, then its title and commands when it runs', () => {
  const block = `{\n  linuxefi /vmlinuz quiet\n  initrdefi /initrd.img\n}`
  const config = `set timeout=0\nset default=1\nmenuentry 'No' { echo no }\nmenuentry 'My Linux' --class x ${block}\n`
  assert.deepEqual(commands(config), [
    'set timeout=0',
    'set default=1',
    'menuentry No { echo no }',
    `menuentry My Linux --class x ${block}`,
    'setparams My Linux',
    'linuxefi /vmlinuz quiet',
    '/vmlinuz quiet',
    'initrdefi /initrd.img',
  ])
})

test('a command line quotes words with spaces and escapes quotes', () => {
  assert.equal(
    loaderCommandLine(['/k', 'a b', 'c"d', "e'f", 'g\\h']),
    `/k "a b" c\\"d e\\'f g\\\\h`,
  )
})

test('what cannot be foretold is refused, never guessed', () => {
  refused('while true; do echo; done', 'UNPREDICTABLE')
  refused('search --label --set=root 1234', 'UNPREDICTABLE')
  refused('source (hd1)/grub.cfg', 'UNPREDICTABLE')
  refused('if [ a ]; then echo', 'UNPREDICTABLE')
  refused('menuentry x {', 'UNPREDICTABLE')
  refused('source $prefix/grub.cfg', 'UNPREDICTABLE')
  refused('linuxefi /none\nboot', 'FILE_NOT_FOUND')
  refused('echo hello', 'WOULD_NOT_BOOT')
  for (const space of ['\r', '\v', '\f', '\u00a0'])
    refused(`echo a${space}b\n${boot}`, 'UNPREDICTABLE')
})

test('a hostile configuration is refused: variables that double, endless questions and sources', () => {
  refused(`set a=xxxxxxxx\n${'set a="$a$a"\n'.repeat(40)}${boot}`, 'UNPREDICTABLE')
  refused(`[ ${'a -a '.repeat(20_000)} a ]\n${boot}`, 'UNPREDICTABLE')
  refused(`source /EFI/debian/grub.cfg\n${boot}`, 'UNPREDICTABLE')
  refused(`menuentry a { configfile /EFI/debian/grub.cfg }\n`, 'UNPREDICTABLE')
  refused(`${'if true; then\n'.repeat(5000)}`, 'UNPREDICTABLE')
  refused(`${'initrdefi /initrd.img\n'.repeat(20)}${boot}`, 'UNPREDICTABLE')
})

test('a word of 64 KiB is one piece, quoted or not: nothing is held for each of its characters', () => {
  const long = 'e'.repeat(64 << 10)
  for (const [script, pieces] of [
    [long, 1],
    [`"${long}"`, 1],
    [`${long}\\${long}"${long}"`, 4],
  ] as const) {
    const [command] = parseGrubScript(script)
    const [word] = command?.kind === 'command' ? command.words : []
    assert.equal(word?.kind === 'word' && word.fragments.length, pieces)
  }
})
