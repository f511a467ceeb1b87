import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { tokensOf } from '../src/service/connection.ts'
import { httpsTo } from '../src/service/https.ts'
import { aControlPlane, good, json, signedIn } from './a-control-plane.ts'
import { newAuthority, pemOf } from './a-record.ts'
import { fileOf, tl } from './a-run.ts'

test('login keeps who was let in for its owner alone, whoami asks as them, and logout forgets', async (t) => {
  const { service, adminFile, config } = await aControlPlane(t)
  const { code, out } = await tl('login', '--admin', adminFile)
  assert.equal(code, 0)
  const file = join(config, 'trusted-launch/profile.json')
  assert.match(
    out,
    new RegExp(`^signed in to https://127.0.0.1:\\d+ as ${service.administrator.clientId} `),
  )
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(!out.includes(service.administrator.clientSecret))
  const who = await json('whoami')
  assert.deepEqual(
    [who.endpoint, who.subscriptionId, who.group, who.file],
    [service.endpoint, service.administrator.subscriptionId, 'default', file],
  )
  assert.match((await good('whoami')).out, /^signed in as +[0-9a-f-]{36}$/m)
  assert.equal((await tl('logout')).out, 'signed out\n')
  assert.ok(!existsSync(file))
  assert.equal((await tl('logout')).out, 'nobody was signed in\n')
})

test('without anybody signed in, a command says what to type; this machine has its administrator', async (t) => {
  const { adminFile } = await aControlPlane(t)
  const { code, err } = await tl('vm', 'list')
  assert.equal(code, 1)
  assert.match(
    err,
    /^tl: nobody is signed in\. `tl up` serves .*; `tl login --admin DIR\/admin\.json`/,
  )
  const folder = join(process.env.XDG_DATA_HOME!, 'trusted-launch/service')
  mkdirSync(folder, { recursive: true })
  cpSync(adminFile, join(folder, 'admin.json'))
  assert.deepEqual(await json('vm', 'list'), [])
})

test('who signed in stays so when the control plane serves at another port; where nobody does, it is told what serves', async (t) => {
  const { service, data } = await signedIn(t)
  await service.close()
  const refused = await tl('vm', 'list')
  assert.equal(refused.code, 1)
  const login = `tl login --admin ${data}/admin.json`
  assert.ok(
    refused.err.includes(`\`tl up --data ${data}\` serves it; if it serves elsewhere: ${login}`),
    refused.err,
  )
  const again = await openService({
    ...{ data, publicNames: [], location: 'local', driver: new ScriptedHost() },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: 'silent' }),
  })
  t.after(() => again.close())
  assert.notEqual(again.endpoint, service.endpoint)
  assert.deepEqual(await json('vm', 'list'), [])
  assert.equal((await json('whoami')).endpoint, again.endpoint)
})

test('a service principal signs in with its secret from standard input, never an argument', async (t) => {
  const { service, adminFile } = await aControlPlane(t)
  const { caFile, clientId, clientSecret } = JSON.parse(readFileSync(adminFile, 'utf8'))
  const login = (secret: string) =>
    new Promise<[number | null, string, string]>((resolve) => {
      const main = join(import.meta.dirname, '../src/main.ts')
      const asked = ['--endpoint', service.endpoint, '--ca', caFile, '--client-id', clientId]
      const child = spawn(process.execPath, [main, 'login', ...asked, '--json'])
      let [out, err] = ['', '']
      child.stdout.on('data', (chunk) => (out += chunk))
      child.stderr.on('data', (chunk) => (err += chunk))
      child.on('exit', (code) => resolve([code, out, err]))
      child.stdin.end(secret)
    })
  const [code, out, err] = await login(`${clientSecret}\n`)
  assert.equal(code, 0, err)
  assert.equal(JSON.parse(out).subscriptionId, service.administrator.subscriptionId)
  assert.equal((await json('whoami')).clientId, clientId)
  const [refused, , why] = await login('wrong\n')
  assert.equal(refused, 1)
  assert.match(why, /does not let .* in: .*; sign in again with tl login --admin FILE/)
  assert.ok(!why.includes('wrong'))
  const [none, , empty] = await login('')
  assert.equal(none, 1)
  assert.match(empty, /no secret was given/)
})

test('only the authority that was named is believed, and who is not there is told in words', async (t) => {
  const { adminFile, service } = await aControlPlane(t)
  const admin = JSON.parse(readFileSync(adminFile, 'utf8'))
  const other = fileOf('ca.pem', pemOf('CERTIFICATE', newAuthority('another').certificate.der))
  const login = (change: object) =>
    tl('login', '--admin', fileOf('admin.json', JSON.stringify({ ...admin, ...change })))
  const stranger = await login({ caFile: other })
  assert.equal(stranger.code, 1)
  assert.match(stranger.err, /its certificate is by no authority of .*ca\.pem/)
  const gone = await login({ endpoint: 'https://127.0.0.1:9' })
  assert.match(gone.err, /^tl: https:\/\/127\.0\.0\.1:9 does not answer: nobody listens there/)
  const plain = await login({ endpoint: service.endpoint.replace('https', 'http') })
  assert.match(plain.err, /is no endpoint: https:\/\/HOST:PORT is wanted/)
  assert.match((await login({ subscriptionId: 'x' })).err, /no subscription x:\n +--subscription /)
  assert.match((await login({ clientSecret: '' })).err, /there is no clientSecret in it/)
  writeFileSync(adminFile, 'rubbish')
  assert.match(
    (await tl('login', '--admin', adminFile)).err,
    /no JSON: it is no admin\.json; `tl up` has one/,
  )
  assert.equal((await tl('login')).code, 2)
})

test('a profile that is no more let in says to sign in again', async (t) => {
  const { config } = await signedIn(t)
  const file = join(config, 'trusted-launch/profile.json')
  const profile = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...profile, clientSecret: 'former' }))
  const { code, err } = await tl('whoami')
  assert.equal(code, 1)
  assert.match(err, /does not let .* in: .*sign in again with tl login/)
})

test('who has to wait for others is let in after it, and who would wait long is told so', async (t) => {
  const { config } = await signedIn(t)
  const profile = JSON.parse(readFileSync(join(config, 'trusted-launch/profile.json'), 'utf8'))
  const send = httpsTo(profile.caFile)
  t.after(() => send.close())
  const wrong = tokensOf({ ...profile, clientSecret: 'former' }, send)
  for (let i = 0; i < 5; i++) await assert.rejects(wrong(), /sign in again/)
  assert.deepEqual(await json('vm', 'list'), [])
  const headers = new Headers({ 'retry-after': '3600' })
  const busy = async () => new Response('{"error":"later"}', { status: 429, headers })
  await assert.rejects(tokensOf(profile, busy)(), ({ message }: Error) => {
    assert.match(message, /does not let .* in: later$/)
    return true
  })
})

test('portal prints an address that signs a browser in as who asked', async (t) => {
  await signedIn(t)
  const { url } = await json('portal')
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/portal\/#ticket=[\w-]{43}$/)
  assert.match((await good('portal')).out, /^https:\S+#ticket=\S+\n$/)
})
