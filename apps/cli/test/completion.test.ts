import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import test from 'node:test'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { createColors } from 'picocolors'
import { takenBy } from '../src/completion/kinds.ts'
import { programOf } from '../src/program.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** What a shell, run for real, offers after a line: its last word is what is completed. */
const offers: Readonly<
  Record<Shell, (script: string, words: readonly string[]) => Promise<string[]>>
> = {
  bash: (script, words) =>
    linesOf('bash', [
      '-c',
      `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
       [[ $1 == npx ]] && _tl_npx || _tl; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ]),
  // The completion system wants a terminal; its own words are told instead of shown.
  zsh: (script, words) =>
    linesOf('zsh', [
      '-fc',
      `compdef() { }; compadd() { shift; print -l -- "$@" }; _files() { }
       words=("\${(@)argv}"); CURRENT=$#words; PREFIX=$words[CURRENT]; source ${script}; _tl`,
      'zsh',
      ...words,
    ]),
  fish: async (script, words) =>
    (
      await linesOf('fish', [
        '--no-config',
        '-c',
        `source ${script}; complete -C '${words.join(' ')}'`,
      ])
    ).map((line) => line.split('\t')[0]!),
}

async function linesOf(program: string, args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(program, args)
  return stdout.split('\n').filter((line) => line !== '')
}

for (const shell of SHELLS) {
  const isThere = spawnSync(shell, ['--version']).status === 0
  const skip = isThere ? false : `${shell} is not installed`

  const scriptOf = async () => fileOf(`tl.${shell}`, (await tl('completion', shell)).out)

  test(`${shell} completes commands, their options and what these choose from, also of npx tl`, {
    skip,
  }, async () => {
    const script = await scriptOf()
    const after = (...words: string[]) => offers[shell](script, ['tl', ...words])
    const first = await after('')
    for (const word of ['vm', 'image', 'up', 'login']) assert.ok(first.includes(word), word)
    assert.ok(!first.includes('__values'))
    const vm = await after('vm', '')
    for (const word of ['create', 'list', 'ssh']) assert.ok(vm.includes(word), word)
    assert.ok(!vm.includes('login'))
    const create = await after('vm', 'create', '--name', 'list', '--')
    for (const word of ['--name', '--image', '--size']) assert.ok(create.includes(word), word)
    assert.ok(!create.includes('--listen'))
    assert.deepEqual((await after('vm', 'create', '--secure-boot', 'o')).sort(), ['off', 'on'])
    const npx = await offers[shell](script, ['npx', 'tl', 'disk', ''])
    for (const word of ['create', 'attach']) assert.ok(npx.includes(word), word)
    if (shell !== 'zsh') assert.deepEqual(await after('completion', 'z'), ['zsh'])
  })

  test(`${shell} completes names that the control plane tells: VMs, images, sizes, groups and disks`, {
    skip,
  }, async (t) => {
    await signedIn(t)
    await good('vm', 'create', '--name', 'web', '--image', 'small')
    const script = await scriptOf()
    const after = (...words: string[]) => offers[shell](script, ['tl', ...words])
    assert.deepEqual(await after('vm', 'show', ''), ['web'])
    assert.ok((await after('vm', 'create', '--image', '')).includes('debian-12'))
    assert.ok((await after('vm', 'create', '--size', '')).includes('Standard_B1s'))
    assert.deepEqual(await after('vm', 'list', '--group', ''), ['default'])
    assert.match((await after('disk', 'show', '')).join(), /^web_OsDisk_1_\w+$/)
    const ids = await after('recommendation', 'fix', '--group', 'default', 'web', '')
    assert.ok(ids.includes('secure-boot.linux'), ids.join())
    assert.deepEqual(await after('vm', 'show', '--group', 'nowhere', ''), [])
  })
}

test('every argument and every option of every command says what it is chosen from', async () => {
  const untold = { out: () => {}, err: () => {}, colors: createColors(false), width: 100 }
  const takers: string[] = []
  const walk = (command: Command, path: string) => {
    for (const one of command.registeredArguments)
      if (one.argChoices === undefined) takers.push(`${path} <${one.name()}>`)
    for (const { flags, required, argChoices } of command.options)
      if (required && argChoices === undefined) takers.push(`${path} ${flags}`)
    for (const one of command.commands)
      if (!one.name().startsWith('__')) walk(one, `${path} ${one.name()}`.trim())
  }
  walk(await programOf(untold, () => {}), '')
  assert.ok(takers.length > 200, `${takers.length}`)
  assert.deepEqual(
    takers.filter((taker) => takenBy(taker) === null),
    [],
  )
  const named = takers.filter((taker) => / <(?:name|vm|id|image)>$/.test(taker))
  const free = named.filter((taker) => takenBy(taker) === 'anything')
  assert.deepEqual(
    free.filter(
      (taker) =>
        !/^login | create | --(?:name|audience|by|location|public-name|user) | bind <name>/.test(
          taker,
        ),
    ),
    [],
  )
})

test('names are those of what was typed before: of the VM, the scale set, the gallery, the group', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  await good('vm', 'create', '--name', 'shop-web', '--image', 'small', '--group', 'shop')
  await good('vmss', 'create', 'fleet', '--image', 'small', '--instances', '2')
  await good('gallery', 'create', 'ours')
  await good('gallery', 'image-definition', 'create', 'ours', 'web')
  await good('alert', 'destination', 'create', 'lines', '--syslog', 'logs.example:6514')
  await good('image', 'bind', 'Debian:debian-12:12-gen2', 'debian-12')
  await good('announcement', 'create', 'ticket-7', '--until', '2h', '--reason', 'a kernel')
  const offered = async (...args: string[]) =>
    (await good('__values', ...args)).out.split('\n').slice(0, -1)
  assert.deepEqual(await offered('--group', 'shop', 'vm'), ['shop-web'])
  assert.deepEqual(await offered('set'), ['fleet'])
  const instances = await json('vmss', 'instance', 'list', 'fleet')
  assert.deepEqual(
    await offered('instance', 'fleet'),
    instances.map(({ instanceId }: any) => instanceId),
  )
  assert.deepEqual(await offered('gallery'), ['ours'])
  assert.deepEqual(await offered('definition', 'ours'), ['web'])
  assert.deepEqual(await offered('version', 'ours', 'web'), [])
  assert.deepEqual(await offered('destination'), ['lines'])
  assert.deepEqual(await offered('binding'), ['Debian:debian-12:12-gen2'])
  assert.deepEqual(await offered('announcement'), ['ticket-7'])
  const recommended = await offered('recommendation', 'web')
  assert.ok(recommended.length > 0)
  assert.deepEqual(
    recommended,
    (await json('recommendation', 'list', 'web', '--all')).map(
      ({ properties }: any) => properties.additionalData.recommendation,
    ),
  )
})

test('where there is nobody to ask no name is offered, and nothing is said', async () => {
  process.env.XDG_CONFIG_HOME = '/nonexistent'
  process.env.XDG_DATA_HOME = '/nonexistent'
  assert.deepEqual(await tl('__values', 'vm'), { code: 0, out: '', err: '' })
})
