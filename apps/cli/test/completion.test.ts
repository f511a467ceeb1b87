import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import test from 'node:test'
import { fileOf, tl } from './a-run.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** What a shell, run for real, offers after a line. */
const offers: Readonly<Record<Shell, (script: string, words: readonly string[]) => string[]>> = {
  bash: (script, words) =>
    linesOf('bash', [
      '-c',
      `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tl; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ]),
  // The completion system wants a terminal; its own words are told instead of shown.
  zsh: (script, words) =>
    linesOf('zsh', [
      '-fc',
      `compadd() { shift; print -l -- "$@" }; _files() { }; words=("\${(@)argv}"); CURRENT=$#words
       eval "$(grep -v '^_tl "\\$@"$' ${script})"; _tl`,
      'zsh',
      ...words,
    ]),
  fish: (script, words) =>
    linesOf('fish', [
      '--no-config',
      '-c',
      `source ${script}; complete -C '${words.join(' ')}'`,
    ]).map((line) => line.split('\t')[0]!),
}

function linesOf(program: string, args: string[]): string[] {
  const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return text.split('\n').filter((line) => line !== '')
}

for (const shell of SHELLS) {
  const isThere = spawnSync(shell, ['--version']).status === 0
  const skip = isThere ? false : `${shell} is not installed`
  test(`${shell} completes commands, their options and what these choose from`, {
    skip,
  }, async () => {
    const { out } = await tl('completion', shell)
    const script = fileOf(`tl.${shell}`, out)
    const after = (...words: string[]) => offers[shell](script, ['tl', ...words])
    const first = after('')
    for (const word of ['vm', 'image', 'up', 'login']) assert.ok(first.includes(word), word)
    const vm = after('vm', '')
    for (const word of ['create', 'list', 'ssh']) assert.ok(vm.includes(word), word)
    assert.ok(!vm.includes('login'))
    const create = after('vm', 'create', '--name', 'list', '--')
    for (const word of ['--name', '--image', '--size']) assert.ok(create.includes(word), word)
    assert.ok(!create.includes('--listen'))
    if (shell !== 'fish') return
    assert.deepEqual(after('completion', 'z'), ['zsh'])
  })
}
