/** Configurations as grub-mkconfig writes them: the disk's files are ext4's, the stub alone is on the ESP. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromHex, toHex, toLatin1 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeEventLog } from '@trusted-launch/eventlog'
import { BootChainError, type GrubRun, runGrub } from '../src/index.ts'
import { DEBIAN_CONFIGURATION, debianGrub, diskOf, type Files, ROOT_UUID } from './a-disk.ts'

const folder = new URL('../testdata/stock-debian-12/', import.meta.url)
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)))
const text = (name: string) => toLatin1(read(name))

/** What Debian builds into its signed GRUB, where its folder is there. */
const builtIn = debianGrub(DEBIAN_CONFIGURATION)
const environment = '# GRUB Environment Block\n'.padEnd(1024, '#')
const catalogue = fromHex(`de120495${'00'.repeat(24)}`)
const kernel = 'boot/vmlinuz-6.1.0-13-cloud-amd64'
const initrd = 'boot/initrd.img-6.1.0-13-cloud-amd64'
const lists = ['command', 'fs', 'crypto', 'terminal'].map(
  (name) => [`boot/grub/x86_64-efi/${name}.lst`, `${name}: ${name}\n`] as const,
)

function run(config: string, more: Files = {}): GrubRun {
  const onRoot: Files = {
    ...{ 'boot/grub/grub.cfg': config, 'boot/grub/grubenv': environment },
    ...{ [kernel]: 'K', [initrd]: 'I' },
    ...more,
  }
  const esp = { 'EFI/debian/grub.cfg': text('stub.cfg') }
  return runGrub(builtIn, diskOf(esp, onRoot), 'EFI/BOOT')
}

const texts = ({ measurements }: GrubRun, of: 8 | 9) =>
  measurements.filter(({ pcr }) => pcr === of).map((each) => each.text)

const refused = (config: string, more: Files = {}, code = 'UNPREDICTABLE') =>
  assert.throws(
    () => run(config, more),
    (e) => e instanceof BootChainError && e.code === code,
  )

const stock = text('grub.cfg')
const boot = `linux /${kernel} quiet\ninitrd /${initrd}\nboot\n`

for (const [name, log, config] of [
  ['the first entry, with a catalogue', 'event-log', stock.replace('lang=en_US', 'lang=de_DE')],
  [
    'an entry of a submenu',
    'event-log-submenu',
    stock.replace('default="0"', `default="gnulinux-advanced-${ROOT_UUID}>0"`),
  ],
] as const)
  test(`PCR 8 and 9 of a recorded boot of Debian 12's own configuration are foretold: ${name}`, () => {
    const { events } = decodeEventLog(read(log))
    const recorded = (pcr: number) => events.filter(({ pcrIndex }) => pcrIndex === pcr)
    const foretold = run(config, {
      ...Object.fromEntries(lists),
      'boot/grub/locale/de.mo': catalogue,
    })
    const { measurements } = foretold
    assert.deepEqual(
      measurements
        .filter(({ pcr }) => pcr === 8)
        .map(({ bytes }) => toHex(digest('sha256', bytes!))),
      recorded(8).map(({ digests }) => toHex(digests.get('sha256')!)),
    )
    // The kernel and the initial RAM file system of that boot are not here.
    const isHere = ({ text: path }: { text: string }) => !path.startsWith('/boot/')
    assert.deepEqual(
      measurements
        .filter((each) => each.pcr === 9 && isHere(each))
        .map(({ bytes }) => toHex(digest('sha256', bytes!))),
      recorded(9)
        .slice(0, -2)
        .map(({ digests }) => toHex(digests.get('sha256')!)),
    )
    const names = recorded(9).map(({ data }) => toLatin1(data).replace(/\0$/, ''))
    assert.deepEqual(texts(foretold, 9), names)
  })

test('with Secure Boot off it is not foretold: GRUB would load modules, and start the kernel by other means', () => {
  assert.equal(run(stock).onlySecureBoot, true)
  const plain = `linuxefi /${kernel} quiet\nboot\n`
  assert.equal(run(plain).onlySecureBoot, false)
  assert.equal(run(plain, Object.fromEntries(lists)).onlySecureBoot, true)
  assert.equal(run(`insmod vbe\n${plain}`).onlySecureBoot, false)
  const module = { 'boot/grub/x86_64-efi/vbe.mod': 'a module' }
  assert.equal(run(`insmod vbe\n${plain}`, module).onlySecureBoot, true)
})

test('files on another partition than the EFI system partition are told with its name', () => {
  const { kernel: file, initrds } = run(stock)
  assert.equal(file.path, `(hd0,gpt2)/${kernel}`)
  assert.equal(initrds[0]!.path, `(hd0,gpt2)/${initrd}`)
})

test('what is saved in the environment is set, and read twice', () => {
  const saved = `# GRUB Environment Block\nsaved_entry=gnulinux-advanced-${ROOT_UUID}>0\n##`
  const config = stock.replace('default="0"', `default="\${saved_entry}"`)
  const found = texts(run(config, { 'boot/grub/grubenv': saved }), 8)
  assert.ok(found.includes(`set default=gnulinux-advanced-${ROOT_UUID}>0`))
  assert.ok(found.includes('setparams Debian GNU/Linux, with Linux 6.1.0-13-cloud-amd64'))
})

/** As Ubuntu 24.04 has it for its cloud images; the commands are those of a boot of one. */
const ubuntu = `if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
if [ "\${initrdfail}" = 2 ]; then
   set initrdfail=
elif [ "\${initrdfail}" = 1 ]; then
   set next_entry="\${prev_entry}"
fi
function recordfail {
  set recordfail=1
  if [ -n "\${have_grubenv}" ]; then if [ -z "\${boot_once}" ]; then save_env recordfail; fi; fi
}
function initrdfail {
    if [ -n "\${have_grubenv}" ]; then if [ -n "\${partuuid}" ]; then
      if [ -z "\${initrdfail}" ]; then
        set initrdfail=1
        if [ -n "\${boot_once}" ]; then
          save_env prev_entry
        fi
      fi
      save_env initrdfail
    fi; fi
}
set timeout=0.1
unset initrdless_boot_fallback_triggered
save_env initrdless_boot_fallback_triggered
set partuuid=8270f3c9-b4e4-4345-80ee-5a62db7ebf3f
function gfxmode {
	set gfxpayload="\${1}"
	if [ "\${1}" = "keep" ]; then
		set vt_handoff=vt.handoff=7
	else
		set vt_handoff=
	fi
}
menuentry 'Ubuntu' --class ubuntu {
	recordfail
	gfxmode keep
	if [ "\${initrdfail}" = 1 ]; then
	  echo 'falling back'
	else
	  linux /${kernel} root=PARTUUID=8270f3c9-b4e4-4345-80ee-5a62db7ebf3f panic=-1
	  initrdfail
	fi
}
`

test('what Ubuntu keeps of a boot until it went well is saved, and the next boot starts without it', () => {
  const found = texts(run(ubuntu), 8)
  assert.deepEqual(
    found.slice(found.indexOf('setparams Ubuntu') + 1).filter((line) => !line.startsWith('/')),
    [
      ...['recordfail', 'set recordfail=1', '[ -n true ]', '[ -z  ]', 'save_env recordfail'],
      ...['gfxmode keep', 'set gfxpayload=keep', '[ keep = keep ]', 'set vt_handoff=vt.handoff=7'],
      ...[
        '[  = 1 ]',
        `linux /${kernel} root=PARTUUID=8270f3c9-b4e4-4345-80ee-5a62db7ebf3f panic=-1`,
      ],
      ...['initrdfail', '[ -n true ]', '[ -n 8270f3c9-b4e4-4345-80ee-5a62db7ebf3f ]', '[ -z  ]'],
      ...['set initrdfail=1', '[ -n  ]', 'save_env initrdfail'],
    ],
  )
  refused(`set recordfail=1\nsave_env recordfail\nload_env\n${boot}`)
  refused(`set recordfail=1\nsave_env recordfail\n[ -s $prefix/grubenv ]\n${boot}`)
})

test('an environment that is for one boot is refused, and so is one that a boot changes', () => {
  for (const line of [
    'next_entry=1',
    'prev_saved_entry=1',
    'recordfail=1',
    'a=\\\\',
    'no variable',
  ])
    refused(stock, { 'boot/grub/grubenv': `# GRUB Environment Block\n${line}\n##` })
  refused(stock, { 'boot/grub/grubenv': 'next_entry=1\n' })
  refused(stock.replace('load_env', 'load_env -s'))
  refused(`set saved_entry=1\nsave_env saved_entry\n${boot}`)
  const saved = { 'boot/grub/grubenv': '# GRUB Environment Block\nsaved_entry=1\n##' }
  refused(`save_env saved_entry\n${boot}`, saved)
  assert.ok(run(`save_env other\n${boot}`, saved))
})

test('a function has its parameters, and gives what its last command gave', () => {
  const config = `function f {
  echo "$1" $2 "\${3}"
  [ a = b ]
}
if f 'a b' 'c d'; then echo yes; else echo no; fi
${boot}`
  const found = texts(run(config), 8)
  assert.deepEqual(found.slice(found.indexOf('f a b c d'), -4), [
    'f a b c d',
    'echo a b c d ',
    '[ a = b ]',
    'echo no',
  ])
  refused(`function f { f\n}\nf\n${boot}`)
  refused(`echo $1\n${boot}`)
  refused(`function f {\n echo\n${boot}`)
})

test('a partition that is not there or not read, a second one of its UUID, another disk: refused', () => {
  const esp = { 'EFI/debian/grub.cfg': text('stub.cfg') }
  const code = (onRoot: Files | null | undefined) => {
    try {
      return runGrub(builtIn, diskOf(esp, onRoot), 'EFI/BOOT').commandLine
    } catch (e) {
      return e instanceof BootChainError ? e.code : e
    }
  }
  assert.equal(code(null), 'UNPREDICTABLE')
  assert.equal(code(undefined), 'WOULD_NOT_BOOT')
  const twice = diskOf(esp, { 'boot/grub/grub.cfg': stock })
  const both = {
    ...twice,
    volumes: new Map([...twice.volumes, ['hd0,gpt3', twice.volumes.get('hd0,gpt2')!]]),
  }
  assert.throws(() => runGrub(builtIn, both, 'EFI/BOOT'), { code: 'UNPREDICTABLE' })
  refused(`source (hd1,gpt1)/grub.cfg\n${boot}`)
  refused(`source (hd0)/grub.cfg\n${boot}`)
})

test('what GRUB sets itself, or does more than hold a value, is refused', () => {
  for (const line of [
    ...['echo $lockdown', 'echo $net_default_ip', 'echo $feature_new', 'set theme=/t.txt'],
    ...['set superusers=a', 'background_image /a.png', 'loadfont /a.pf2', 'insmod ../a'],
    ...[
      'echo *',
      'set a="b*"; echo $a',
      'menuentry a --users b { boot }',
      'search --label a --set=root',
    ],
    ...['search --set=root a', 'if terminal_output gfxterm; then echo; fi', 'echo $?x $*'],
  ])
    refused(`${line}\n${boot}`)
  refused('menuentry a { boot }')
  refused('fwsetup', {}, 'WOULD_NOT_BOOT')
  refused(`fwsetup --is-supported\n${boot}`, {}, 'WOULD_NOT_BOOT')
})

test('what is not exported is not read in a submenu: distributions differ', () => {
  const config = (first: string) => `set timeout=0\nset default='0>0'\nset a=b\n${first}
submenu s { menuentry m {\nlinux /${kernel} $a\nboot\n} }\n`
  assert.equal(run(config('export a')).commandLine, `/${kernel} b`)
  refused(config(''))
})

test('a default is a number, an id or a title; a menu that waits for a key is refused', () => {
  const menu = (settings: string) => `${settings}
menuentry One --id uno { boot }
menuentry Two --id dos {\n${boot}}\n`
  for (const name of ['1', 'dos', 'Two'])
    assert.equal(run(menu(`set timeout=5\nset default=${name}`)).commandLine, `/${kernel} quiet`)
  for (const name of ['2', '1x', 'Three', 'dos>', "'a>>b'"])
    refused(menu(`set timeout=5\nset default=${name}`))
  refused(menu('set default=1'))
})

test('a GRUB that can be asked whether there is a firmware setup is told that there is', () => {
  const config = `fwsetup --is-supported\nif [ "$?" = 0 ]; then echo yes; fi\n${boot}`
  const esp = { 'EFI/debian/grub.cfg': config }
  const disk = diskOf({ ...esp, [kernel]: 'K', [initrd]: 'I' })
  const { measurements } = runGrub({ ...builtIn, asksForSetup: true }, disk, 'EFI/BOOT')
  assert.ok(measurements.some(({ text }) => text === 'echo yes'))
})
