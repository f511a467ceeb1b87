import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ended, firstWords, tl } from './a-service-process.ts'

const START_MS_MAX = 30_000
const END_MS_MAX = 10_000

test('a service starts by itself, says what clients need, is alone on its data, ends in time, and is the same at its next start', async (t) => {
  // mkdtemp makes a folder 0700: the data lies below it
  const above = mkdtempSync(join(tmpdir(), 'tl-up-'))
  const data = join(above, 'data')
  t.after(() => rmSync(above, { recursive: true, force: true }))
  const start = () =>
    tl(['up', '--data', data, '--listen', '127.0.0.1:0', '--public-name', 'tl.example', '--json'])
  const began = performance.now()
  const up = start()
  t.after(() => up.kill('SIGKILL'))
  const said = JSON.parse(await firstWords(up))
  assert.ok(performance.now() - began < START_MS_MAX)

  const file = join(data, 'admin.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const admin = JSON.parse(readFileSync(file, 'utf8'))
  assert.match(admin.endpoint, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(admin.authorityHost, admin.endpoint)
  assert.deepEqual([said.endpoint, said.adminFile], [admin.endpoint, file])
  assert.match(readFileSync(admin.caFile, 'utf8'), /BEGIN CERTIFICATE/)
  for (const name of ['tenantId', 'clientId', 'subscriptionId'])
    assert.match(admin[name], /^[0-9a-f-]{36}$/, name)
  assert.ok(admin.clientSecret.length > 30 && admin.location.length > 0)

  const second = tl(['up', '--data', data, '--listen', '127.0.0.1:0'], 'pipe')
  assert.match(await text(second.stderr!), /another one serves .* already: tl down/)
  assert.equal(await ended(second), 1)

  const stopping = performance.now()
  up.kill('SIGTERM')
  assert.equal(await ended(up), 0)
  assert.ok(performance.now() - stopping < END_MS_MAX)
  assert.equal(existsSync(join(data, 'service.pid')), false)

  const again = start()
  t.after(() => again.kill('SIGKILL'))
  await firstWords(again)
  const same = JSON.parse(readFileSync(file, 'utf8'))
  for (const name of ['tenantId', 'clientId', 'subscriptionId', 'clientSecret', 'caFile'])
    assert.equal(same[name], admin[name], name)
  const down = tl(['down', '--data', data])
  assert.match(await text(down.stdout!), /^stopped /)
  assert.equal(await ended(again), 0)
})
