import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const tools = new URL('..', import.meta.url).pathname
/** A new folder, gone when these tests are done. */
function work(): string {
  const folder = mkdtempSync(join(tmpdir(), 'set-up-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs a line of JavaScript that imports from tools/, as set-up itself runs: plain Node. */
function evaluate(code: string) {
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: tools,
    encoding: 'utf8',
  })
}

test('on another distribution the names to install are printed and nothing is run', () => {
  const folder = work()
  writeFileSync(join(folder, 'os-release'), 'NAME="Fedora Linux"\nID=fedora\n')
  const { stdout, stderr } = evaluate(`
    import { installPackages, packagesNeeded } from './debian-packages.mjs'
    const options = { yes: true, log: '${folder}/log', osRelease: '${folder}/os-release' }
    console.log(await installPackages(packagesNeeded, options))`)
  assert.equal(stdout, 'false\n')
  assert.match(stderr, /"fedora"/)
  for (const name of ['qemu-system-x86', 'ovmf', 'swtpm', 'sbsigntool'])
    assert.ok(stderr.includes(name))
  assert.ok(!stderr.includes('apt-get'))
})

test('a package that is not installed is missing, one that is installed is not', () => {
  const { stdout } = evaluate(`
    import { missingOf } from './debian-packages.mjs'
    console.log(missingOf(['dpkg', 'no-such-package-at-all']).join(' '))`)
  assert.equal(stdout, 'no-such-package-at-all\n')
})

test('node_modules is current only while it is what the lockfile says', () => {
  const folder = work()
  mkdirSync(join(folder, 'node_modules'))
  const current = () =>
    evaluate(`
      import { nodeModulesAreCurrent } from './node-modules.mjs'
      console.log(nodeModulesAreCurrent('${folder}'))`).stdout.trim()
  const write = (name: string, packages: object) =>
    writeFileSync(join(folder, name), JSON.stringify({ packages }))
  const one = { version: '1.0.0', integrity: 'sha512-one' }
  const foreign = { version: '1.0.0', optional: true }
  write('package-lock.json', {
    '': {},
    'packages/room': {},
    'node_modules/one': one,
    'node_modules/for-another-platform': foreign,
  })
  assert.equal(current(), 'false', 'nothing installed')
  write('node_modules/.package-lock.json', { 'node_modules/one': one })
  assert.equal(current(), 'true')
  write('node_modules/.package-lock.json', { 'node_modules/one': { ...one, version: '0.9.0' } })
  assert.equal(current(), 'false', 'an older version')
  write('node_modules/.package-lock.json', {})
  assert.equal(current(), 'false', 'a package missing')
})

test('a second set-up waits for the first, and goes on when the first is killed', async () => {
  const folder = work()
  const path = join(folder, 'setup.lock')
  const take = `import { takeLock } from './lock.mjs'; takeLock('${path}'); console.log('taken')`
  const start = (code: string) =>
    spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: tools })
  const first = start(`${take}; setInterval(() => {}, 1000)`)
  await once(first.stdout, 'data')
  const second = start(take)
  let taken = false
  second.stdout.on('data', () => {
    taken = true
  })
  const [told] = await once(second.stderr, 'data')
  assert.match(String(told), /another set-up is running/)
  assert.equal(taken, false)
  first.kill('SIGKILL')
  await once(second, 'close')
  assert.equal(taken, true)
})

test('a command that fails shows the end of what it said', () => {
  const folder = work()
  const { stdout } = evaluate(`
    import { run } from './progress.mjs'
    const log = '${folder}/log'
    await run('sh', ['-c', 'echo the reason; exit 3'], { log }).catch((e) => console.log(e.message))`)
  assert.match(stdout, /exit code 3\nthe reason/)
})

test('a command that fails for want of a network is told as such, in few lines', () => {
  const folder = work()
  const says = 'seq 100; echo Temporary failure resolving a mirror; exit 100'
  const { stdout } = evaluate(`
    import { run } from './progress.mjs'
    const log = '${folder}/log'
    await run('sh', ['-c', '${says}'], { log }).catch((e) => console.log(e.message))`)
  assert.match(stdout, /exit code 100, the network cannot be reached\n/)
  assert.ok(stdout.trim().split('\n').length <= 15)
})

test('set-up on another distribution ends with exit code 2', (t) => {
  const folder = work()
  writeFileSync(join(folder, 'os-release'), 'ID=fedora\n')
  const node = process.execPath
  const inside = `mount --bind ${folder}/os-release /etc/os-release && exec ${node} tools/run.mjs --version`
  const { status, stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', inside], {
    cwd: join(tools, '..'),
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  if (/unshare: /.test(stderr)) return t.skip('no namespaces for a plain user here')
  assert.equal(status, 2, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /"fedora"/)
})

test('tests start with --yes too: it is the set-up that it speaks to', () => {
  const folder = work()
  writeFileSync(join(folder, 'one.test.mjs'), '')
  const args = ['tools/run.mjs', '--test', '--yes', join(folder, 'one.test.mjs'), '--yes']
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const options = { cwd: join(tools, '..'), env, encoding: 'utf8' } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  rmSync(folder, { recursive: true })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /pass 1/)
})

test('the hash of inputs changes with a name, a content and a value, and with nothing else', () => {
  const { stdout } = evaluate(`
    import { hashOf } from './inputs.mjs'
    const one = hashOf({ a: 1 }, ['tools/run.mjs'])
    console.log([hashOf({ a: 1 }, ['tools/run.mjs']), hashOf({ a: 2 }, ['tools/run.mjs']),
      hashOf({ a: 1 }, ['tools/lock.mjs'])].map((other) => other === one).join(' '))`)
  assert.equal(stdout, 'true false false\n')
})

test('a program that npm started ends when npm was ended', async () => {
  const code = 'console.log(process.pid); setInterval(() => {}, 1000)'
  const script = `"$0" run.mjs --eval "$1"; true`
  const env = { ...process.env, npm_lifecycle_event: 'demo' }
  const options = { cwd: tools, env, stdio: ['ignore', 'pipe', 'inherit'] as const }
  const npm = spawn('sh', ['-c', script, process.execPath, code], {
    ...options,
    stdio: [...options.stdio],
  })
  const [said] = await once(npm.stdout!, 'data')
  const pid = Number(String(said).trim())
  npm.kill('SIGKILL')
  const runs = () => existsSync(`/proc/${pid}`)
  for (let i = 0; i < 100 && runs(); i++) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(runs(), false)
})
