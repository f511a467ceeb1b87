import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { openService, remember, settingsOf } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { good, json, signedIn } from './a-control-plane.ts'
import { newFolder, tl } from './a-run.ts'

test('the unit runs tl up on the data folder, and its end is no end of VMs', async () => {
  const folder = newFolder()
  const data = '/srv/50% "of" $HOME'
  const { out } = await good('service', 'install', '--data', data, '--print')
  assert.match(
    out,
    /^ExecStart="\/.*" "--max-semi-space-size=2" ".*\/main\.ts" "up" "--data" "\/srv\/50%% \\"of\\" \$\$HOME" "--listen" "127\.0\.0\.1:8443"$/m,
  )
  assert.match(out, /^KillMode=process$/m)
  const made = await good('service', 'install', '--data', data, '--folder', folder)
  const file = join(folder, 'trusted-launch.service')
  assert.equal(readFileSync(file, 'utf8'), out)
  assert.match(made.out, /systemctl (--user )?enable --now trusted-launch\.service/)
})

test('the unit says all that tl up is told', async () => {
  const words = ['--location', 'here', '--public-name', 'a.example', '--public-name', 'b.example']
  const sources = ['--allow-source', 'images.example', '--allow-private-source', '10.0.0.7']
  const { out } = await good('service', 'install', '--data', '/d', '--print', ...words, ...sources)
  const told = [...words, ...sources].map((word) => `"${word}"`).join(' ')
  assert.ok(out.includes(`"127.0.0.1:8443" ${told}\n`), out)
  const anew = ['--no-allow-source', '--allow-source', 'x']
  assert.match(
    (await good('service', 'install', '--print', ...anew)).out,
    /:8443" "--allow-source" "x"$/m,
  )
  const receivers = ['--allow-receiver', 'logs:6514', '--alert-files', '/a']
  const sent = await good('service', 'install', '--data', '/d', '--print', ...receivers)
  assert.match(sent.out, /"--allow-receiver" "logs:6514" "--alert-files" "\/a"$/m)
  const pools = ['--public-pool', '198.51.100.0/28', '--public-pool', '203.0.113.4/31']
  const pooled = await good('service', 'install', '--data', '/d', '--print', ...pools)
  assert.match(pooled.out, /"--public-pool" "198\.51\.100\.0\/28" "--public-pool" "203/)
  const none = await good('service', 'install', '--data', '/d', '--print', '--no-allow-source')
  assert.match(none.out, /"127\.0\.0\.1:8443" "--no-allow-source"$/m)
})

test('tl down --vms looks where the data folder says that VMs are', async () => {
  const [data, hostData] = [newFolder(), newFolder()]
  await remember(data, settingsOf(data, { hostData }))
  assert.equal(
    (await good('down', '--vms', '--data', data)).out,
    `nothing serves ${data}\nno VM was ever made in ${hostData}/host\n`,
  )
})

test('tl down says which control plane it means, and that another one that is signed in to is not it', async (t) => {
  const { service } = await signedIn(t)
  const { out } = await good('down', '--data', newFolder())
  assert.match(out, /^nothing serves \S+\n/)
  assert.ok(out.includes(`you are signed in to ${service.endpoint}, which is another one: `), out)
})

test('a backup made while it serves is restored elsewhere, with the same VMs and the same administrator', async (t) => {
  const { data } = await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const { properties } = await json('vm', 'show', 'web')
  const file = join(newFolder(), 'backup.db')
  assert.match(
    (await good('backup', file, '--data', data)).out,
    /its sealed values want .*seal\.key/,
  )
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.match((await tl('backup', file, '--data', data)).err, /is there already/)
  const elsewhere = newFolder()
  const early = await tl('restore', file, '--data', elsewhere)
  assert.equal(early.code, 1)
  assert.match(early.err, /there is no .*seal\.key/)
  assert.ok(!existsSync(join(elsewhere, 'service.db')))
  mkdirSync(elsewhere, { recursive: true })
  cpSync(join(data, 'seal.key'), join(elsewhere, 'seal.key'))
  cpSync(join(data, 'admin.json'), join(elsewhere, 'admin.json'))
  await good('restore', file, '--data', elsewhere)
  const again = await tl('restore', file, '--data', elsewhere)
  assert.match(again.err, /has something in it/)
  const service = await openService({
    ...{ data: elsewhere, publicNames: [], location: 'local', driver: new ScriptedHost() },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: 'silent' }),
  })
  t.after(() => service.close())
  await good('login', '--admin', join(elsewhere, 'admin.json'))
  assert.equal((await json('whoami')).endpoint, service.endpoint)
  assert.equal((await json('vm', 'show', 'web')).properties.vmId, properties.vmId)
})

test('what is no data folder is not backed up, nor made one', async () => {
  const folder = newFolder()
  writeFileSync(join(folder, 'x'), '')
  const { code, err } = await tl('backup', join(folder, 'b'), '--data', folder)
  assert.deepEqual([code, existsSync(join(folder, 'service.db'))], [1, false])
  assert.match(err, /is no data folder/)
})

test('the host is shown, drained and resumed through the control plane, which says so of what it refuses', async (t) => {
  await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  assert.match((await good('host', 'show')).out, /^VMs +1, 1 of them running\nplaces VMs +yes$/m)
  assert.match((await good('host', 'drain')).out, /^1 VM stopped: tl host resume/)
  const { properties } = await json('host', 'show')
  assert.deepEqual([properties.drained, properties.running], [true, 0])
  const refused = await tl('vm', 'start', 'web')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /drained.*tl host resume/)
  await good('host', 'resume')
  await good('vm', 'start', 'web')
  assert.match((await good('vm', 'list')).out, /web .*running/)
})

test('systemd takes the unit', {
  skip: spawnSync('systemd-analyze', ['--version']).error !== undefined && 'systemd is not here',
}, async () => {
  const folder = newFolder()
  await good('service', 'install', '--data', '/srv/50% "of" $HOME', '--folder', folder)
  const { status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', join(folder, 'trusted-launch.service')],
    { encoding: 'utf8' },
  )
  assert.deepEqual([status, stderr], [0, ''])
})
