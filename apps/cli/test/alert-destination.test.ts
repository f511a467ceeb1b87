import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const destination = (...args: string[]) => ['alert', 'destination', ...args]

test('a destination is made, listed, shown, tried, and deleted; its secret is made where there is none, and told to nobody', async (t) => {
  await signedIn(t)
  const folder = mkdtempSync(join(tmpdir(), 'tl-destination-'))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.match((await good(...destination('list'))).out, /^alerts are sent nowhere/)
  const secretFile = join(folder, 'hook.secret')
  const hook = ['--webhook', 'https://127.0.0.1:1/hook', '--secret-file', secretFile]
  const { out } = await good(...destination('create', 'hook', ...hook))
  assert.match(out, /^hook is told of alerts from now on$/m)
  const secret = readFileSync(secretFile, 'utf8').trim()
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(statSync(secretFile).mode & 0o777, 0o600)
  assert.equal((await tl(...destination('create', 'hook', ...hook))).code, 0)
  assert.equal(readFileSync(secretFile, 'utf8').trim(), secret)
  const [listed] = await json(...destination('list'))
  assert.deepEqual([listed.name, listed.properties.status.waiting], ['hook', 0])
  assert.match((await good(...destination('list'))).out, /^hook +webhook +Enabled +0 +0 +0 +0/m)
  const shown = await good(...destination('show', 'hook'))
  assert.match(shown.out, /^hook: webhook to https:\/\/127\.0\.0\.1:1\/hook, Enabled$/m)
  assert.ok(!JSON.stringify([listed, shown]).includes(secret))
  const tried = await tl(...destination('test', 'hook'))
  assert.equal(tried.code, 1)
  assert.match(
    tried.out,
    /^did not arrive: 127\.0\.0\.1 is of a private network .*--allow-receiver/,
  )
  assert.equal((await json(...destination('redeliver', 'hook'))).count, 0)
  await good(...destination('delete', 'hook'))
  assert.deepEqual(await json(...destination('list')), [])
})

test('syslog goes over TLS and its own port, unless somebody says otherwise', async (t) => {
  await signedIn(t)
  const folder = mkdtempSync(join(tmpdir(), 'tl-destination-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n')
  await good(...destination('create', 'a', '--syslog', 'logs.example', '--ca', ca))
  await good(
    ...destination('create', 'b', '--syslog', '[::1]:514', '--plain-tcp', '--format', 'ocsf'),
  )
  const told = (await json(...destination('list'))).map(({ properties }: any) => {
    const { host, port, transport, format } = properties
    return [host, port, transport, format].join(' ')
  })
  assert.deepEqual(told, ['logs.example 6514 tls cef', '::1 514 tcp ocsf'])
})

test('a destination that names no place, or two, is none', async (t) => {
  await signedIn(t)
  assert.match((await tl(...destination('create', 'x'))).err, /--webhook, --syslog or --file/)
  const two = ['--webhook', 'https://x', '--syslog', 'y']
  assert.equal((await tl(...destination('create', 'x', ...two))).code, 2)
  const file = await tl(...destination('create', 'x', '--file', 'a.jsonl'))
  assert.match(file.err, /tl up --alert-files/)
})
