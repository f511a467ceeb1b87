import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { need } from '../../../../tools/setup.mjs'
import { openStore } from '../../src/store/open.ts'
import { connectionOf } from '../../src/store/postgres-url.ts'
import { PostgresCluster, postgresPackage } from './postgres-cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'store-'))
after(() => rmSync(folder, { recursive: true }))
const unavailable = { code: 'store-unavailable' }

test('a URL names the host or its socket, the port, the user and the database', () => {
  const { password: _, ...near } = connectionOf({ url: 'postgres://me@localhost:5433/d' })
  assert.deepEqual(near, { host: 'localhost', port: 5433, user: 'me', database: 'd', ssl: false })
  const socket = connectionOf({ url: 'postgresql://me@%2Frun%2Fx/d' })
  assert.deepEqual([socket.host, socket.ssl], ['/run/x', false])
  assert.equal(connectionOf({ url: 'postgres:///d?host=/run/y&user=you' }).host, '/run/y')
  assert.equal(connectionOf({ url: 'postgres:///d' }).host, '/run/postgresql')
})

test('a password in the URL is refused, and not repeated', () => {
  for (const url of ['postgres://me:hunter2@h/d', 'postgres://me@h/d?password=hunter2'])
    assert.throws(
      () => connectionOf({ url }),
      (error: Error) => !error.message.includes('hunter2') && /password/.test(error.message),
    )
})

test('another machine is reached by TLS that is verified, whatever the URL says', () => {
  const verified = { rejectUnauthorized: true }
  assert.deepEqual(connectionOf({ url: 'postgres://me@db.example/d' }).ssl, verified)
  assert.deepEqual(connectionOf({ url: 'postgres://me@h/d?sslmode=verify-full' }).ssl, verified)
  for (const mode of ['disable', 'require', 'prefer', 'no-verify'])
    assert.throws(() => connectionOf({ url: `postgres://me@h/d?sslmode=${mode}` }), unavailable)
  writeFileSync(join(folder, 'root.pem'), 'certificate')
  const { ssl } = connectionOf({ url: `postgres://me@h/d?sslrootcert=${folder}/root.pem` })
  assert.deepEqual(ssl, { ...verified, ca: 'certificate' })
})

test('what is no such URL, or says more, is refused', () => {
  for (const url of ['d', 'mysql://h/d', 'postgres://h/d?options=-c%20x', 'postgres://%zz@h/d'])
    assert.throws(() => connectionOf({ url }), unavailable, url)
})

test('a file that others can read, or that is not there, is refused before the server asks for a password', () => {
  const passwordFile = join(folder, 'open')
  const url = 'postgres://me@localhost/d'
  assert.throws(() => connectionOf({ url, passwordFile }), unavailable)
  writeFileSync(passwordFile, 'hunter2', { mode: 0o640 })
  assert.throws(
    () => connectionOf({ url, passwordFile }),
    (error: Error) => /others can read/.test(error.message) && !/hunter2/.test(error.message),
  )
})

test('a password comes from a file of its owner alone, and opens the database', {
  skip: (await need(postgresPackage)) ? false : 'PostgreSQL is not on this machine',
}, async () => {
  const cluster = await PostgresCluster.start({ fsync: 'off' })
  try {
    await cluster.run('postgres', `create role secret login password 'open sesame'`)
    await cluster.run('postgres', 'create database mine owner secret')
    const url = cluster.url('mine', 'secret')
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, 'open sesame\n', { mode: 0o600 })
    const store = await openStore({ url, passwordFile })
    await store.close()
    process.env.PGPASSWORD = 'open sesame'
    await assert.rejects(openStore({ url }), /asks for a password/)
    delete process.env.PGPASSWORD
    chmodSync(passwordFile, 0o640)
    await assert.rejects(openStore({ url, passwordFile }), /others can read/)
    chmodSync(passwordFile, 0o600)
    writeFileSync(passwordFile, 'wrong')
    await assert.rejects(openStore({ url, passwordFile }), unavailable)
    await assert.rejects(openStore({ url: cluster.url('none') }), unavailable)
    await cluster.run(
      'postgres',
      `create database latin encoding 'LATIN1' locale 'C' template template0`,
    )
    await assert.rejects(openStore({ url: cluster.url('latin') }), /LATIN1: make one with UTF8/)
  } finally {
    await cluster.stop()
  }
})
