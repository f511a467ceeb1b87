import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, cpSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { Command } from 'commander'
import { createColors } from 'picocolors'
import { programOf } from '../src/program.ts'
import { asText, fileOf, golden, newFolder, smallLog, tl } from './a-run.ts'

const launcher = join(import.meta.dirname, '../bin/tl.mjs')

test('help names every command and the exit codes', async (t) => {
  const { code, out } = await tl('--help')
  assert.equal(code, 0)
  t.assert.fileSnapshot(out, golden('help'), asText)
})

test('the version is told, and help of a command below another is its own', async () => {
  const { code, out } = await tl('--version')
  assert.equal(code, 0)
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
  const help = await tl('help', 'image', 'build')
  assert.equal(help.code, 0)
  assert.match(help.out, /^Usage: tl image build /)
  assert.match((await tl('help', 'image')).out, /^Usage: tl image /)
})

const untold = { out: () => {}, err: () => {}, colors: createColors(false), width: 100 }

function pathsOf(command: Command, path: string[] = []): string[][] {
  const below = command.commands.flatMap((one) => pathsOf(one, [...path, one.name()]))
  return path.length === 0 ? below : [path, ...below]
}

test('each command, and each below another, has help with an example and no default that is no text', async () => {
  const paths = pathsOf(await programOf(untold, () => {})).filter(
    ([first]) => !['demo', '__values'].includes(first!),
  )
  assert.ok(paths.length > 60, `${paths.length}`)
  for (const path of paths) {
    const { code, out: help } = await tl(...path, '--help')
    assert.equal(code, 0, path.join(' '))
    assert.match(help, /Examples:\n {2}(?:.* \| )?(npx tl|tl|source|npm|virsh) /, path.join(' '))
    assert.doesNotMatch(help, /default: [{[]/, path.join(' '))
  }
})

test('no command and an unknown command are wrong usage: 2', async () => {
  assert.equal((await tl()).code, 2)
  const { code, err } = await tl('nonsense')
  assert.equal(code, 2)
  assert.match(err, /unknown command 'nonsense'/)
})

test('completion offers commands and options, and bash and zsh accept the script', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await tl('completion', shell)
    assert.equal(code, 0)
    assert.match(out, /eventlog/)
    assert.match(out, /(?:--|-l )pcrs/)
  }
  const { out } = await tl('completion', 'bash')
  const offered = (...words: string[]) => {
    const typed = `COMP_WORDS=(tl ${words.join(' ')}); COMP_CWORD=${words.length}`
    const asked = `${out}\n${typed}; _tl; echo "\${COMPREPLY[@]}"`
    const bash = spawnSync('bash', ['-c', asked], { encoding: 'utf8' })
    assert.equal(bash.stderr, '')
    return bash.stdout.trim()
  }
  assert.equal(offered('eventlog', '--p'), '--pcrs --profile')
  assert.equal(offered('eventlog', '--profile', 's'), 'strict')
  assert.equal(offered('eventlog', '--profile', 'strict', '--u'), '--userspace-log')
  assert.equal(offered('image', 'ins'), 'inspect')
  assert.equal(offered('vm', 'security', 'set', 'web', '--vtpm', 'o'), 'on off')
  assert.equal(offered('host', 'vm', 're'), 'reprovision')
  assert.equal(offered('vm', 'de'), 'deallocate delete')
  assert.equal((await tl('completion', 'tcsh')).code, 2)
})

test('the launcher works from any folder, passes the exit code on and colours nothing in a pipe', () => {
  const cwd = newFolder()
  const ran = (...args: string[]) =>
    spawnSync(process.execPath, [launcher, ...args], { cwd, encoding: 'utf8' })
  const good = ran('eventlog', fileOf('log.bin', smallLog()))
  assert.deepEqual([good.status, good.stderr], [0, ''])
  assert.doesNotMatch(good.stdout, /\x1b/)
  assert.equal(ran('eventlog', '/nowhere').status, 1)
  assert.equal(ran('eventlog', fileOf('log.bin', 'rubbish')).status, 5)
  assert.equal(ran('--nonsense').status, 2)
})

test('a standard output that takes nothing is told in one line, and ends in 1', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full here',
}, () => {
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(
    process.execPath,
    [launcher, 'eventlog', fileOf('log.bin', smallLog())],
    { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' },
  )
  closeSync(full)
  assert.equal(stderr, 'tl: cannot write standard output: no space left on device\n')
  assert.equal(status, 1)
})

test("the demo's help is of tl demo where it was asked for there", () => {
  const { status, stdout } = spawnSync(process.execPath, [launcher, 'demo', '--help'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0)
  assert.match(stdout, /^Usage: tl demo \[options\]/)
  assert.match(stdout, /^ {2}tl demo --only clean,/m)
  assert.doesNotMatch(stdout, /npm run/)
})

test('before set-up the launcher says what to run', () => {
  const empty = newFolder()
  for (const file of ['apps/cli/bin/tl.mjs', 'tools'])
    cpSync(join(import.meta.dirname, '../../..', file), join(empty, file), { recursive: true })
  const bin = join(empty, 'apps/cli/bin/tl.mjs')
  const { status, stderr } = spawnSync(process.execPath, [bin, '--help'], { encoding: 'utf8' })
  assert.equal(status, 1)
  assert.match(stderr, /^tl: not set up yet\. Run `npm run setup` in /)
})

test('a command loads what it needs alone: of those that ask the control plane none loads the verifier before it has to', () => {
  const hook = `import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) { console.error(url); return next(url, context) } })`
  const main = join(import.meta.dirname, '../src/main.ts')
  const env = { ...process.env, XDG_CONFIG_HOME: '/nonexistent', XDG_DATA_HOME: '/nonexistent' }
  const verifierIn = (code: number, ...args: string[]) => {
    const hooks = `data:text/javascript,${encodeURIComponent(hook)}`
    const asked = ['--import', hooks, main, ...args]
    const { stderr, status } = spawnSync(process.execPath, asked, { env })
    assert.equal(status, code, `${stderr}`)
    const loaded = `${stderr}`.split('\n').filter((url) => url.endsWith('.ts'))
    return loaded.filter((url) => /\/packages\/(?:attestation|bootchain|eventlog)\//.test(url))
  }
  assert.notDeepEqual(verifierIn(0, '--help'), [])
  for (const args of [
    ...[['logout'], ['whoami'], ['vm', 'list'], ['vm', 'show', 'web'], ['vmss', 'list']],
    ...[
      ['image', 'list'],
      ['operation', 'list'],
      ['evidence', 'list', 'web'],
      ['alert', 'list'],
    ],
    ...[
      ['drift', 'list'],
      ['recommendation', 'list'],
      ['plan', 'show'],
      ['disk', 'list'],
    ],
    ...[
      ['gallery', 'list'],
      ['deployment', 'list'],
      ['announcement', 'list'],
    ],
  ])
    assert.deepEqual(verifierIn(args[0] === 'logout' ? 0 : 1, ...args), [], args.join(' '))
})
