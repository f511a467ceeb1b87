import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import test from 'node:test'
import { promisify } from 'node:util'
import { good, signedIn } from './a-control-plane.ts'
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
  })
}

test('where there is nobody to ask no name is offered, and nothing is said', async () => {
  process.env.XDG_CONFIG_HOME = '/nonexistent'
  process.env.XDG_DATA_HOME = '/nonexistent'
  assert.deepEqual(await tl('__values', 'vm'), { code: 0, out: '', err: '' })
})
