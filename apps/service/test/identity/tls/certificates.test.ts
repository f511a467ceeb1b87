import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { serverCertificate } from '../../../src/identity/tls/certificates.ts'

const DAY_MS = 86_400_000
const LOCAL = ['127.0.0.1', 'localhost']

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tl-tls-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'tls')
}

/** What a client that trusts `ca` says to a server with this certificate under that name: null, or its error. */
async function refusalOf(
  given: { cert: string; key: string },
  ca: string,
  name: string,
): Promise<string | null> {
  const server = createServer(given).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  let socket: TLSSocket | undefined
  try {
    return await new Promise<string | null>((done) => {
      socket = connect({ port, host: '127.0.0.1', ca, servername: '', checkServerIdentity })
      socket.once('secureConnect', () => done(null))
      socket.once('error', (error) => done(error.message))
      socket.once('close', () => done('closed'))
    })
  } finally {
    socket?.destroy()
    server.close()
    server.closeAllConnections()
  }
  function checkServerIdentity(_: string, peer: { raw: Buffer }): Error | undefined {
    const held = new X509Certificate(peer.raw)
    const holds = /^[\d.:]+$/.test(name) ? held.checkIP(name) : held.checkHost(name)
    return holds === undefined ? new Error(`not for ${name}`) : undefined
  }
}

test('a client that trusts the authority takes the certificate under each of its names, and no other', async (t) => {
  const names = [...LOCAL, '::1', 'host.example', '203.0.113.7']
  const made = await serverCertificate(await folderOf(t), names, Date.now())
  const ca = await readFile(made.caFile, 'utf8')
  for (const name of names) assert.equal(await refusalOf(made, ca, name), null, name)
  assert.match(String(await refusalOf(made, ca, 'other.example')), /not for/)
  const stranger = await serverCertificate(await folderOf(t), names, Date.now())
  const other = await readFile(stranger.caFile, 'utf8')
  assert.notEqual(await refusalOf(made, other, 'localhost'), null)
})

test('keys are for their owner only, and the folder too', async (t) => {
  const folder = await folderOf(t)
  await serverCertificate(folder, LOCAL, Date.now())
  const mode = async (name: string) => (await stat(join(folder, name))).mode & 0o777
  assert.equal(await mode('.'), 0o700)
  for (const name of ['authority.key', 'server.key']) assert.equal(await mode(name), 0o600)
})

test('a second start keeps what serves', async (t) => {
  const folder = await folderOf(t)
  const first = await serverCertificate(folder, LOCAL, Date.now())
  assert.deepEqual(await serverCertificate(folder, LOCAL, Date.now() + 200 * DAY_MS), first)
})

test('near its end a certificate is made anew, by the same authority', async (t) => {
  const folder = await folderOf(t)
  const first = await serverCertificate(folder, LOCAL, Date.now())
  const ca = await readFile(first.caFile, 'utf8')
  const later = await serverCertificate(folder, LOCAL, Date.now() + 280 * DAY_MS)
  assert.notEqual(later.cert, first.cert)
  assert.equal(await readFile(later.caFile, 'utf8'), ca)
  const muchLater = await serverCertificate(folder, LOCAL, Date.now() + 3_300 * DAY_MS)
  assert.notEqual(await readFile(muchLater.caFile, 'utf8'), ca)
  assert.equal(new X509Certificate(muchLater.cert).verify(new X509Certificate(ca).publicKey), true)
})

test('a new private address needs no new authority; a new name does, with the same key', async (t) => {
  const folder = await folderOf(t)
  const first = await serverCertificate(folder, LOCAL, Date.now())
  const ca = await readFile(first.caFile, 'utf8')
  const wider = await serverCertificate(folder, [...LOCAL, '192.168.7.7'], Date.now())
  assert.equal(await readFile(wider.caFile, 'utf8'), ca)
  assert.equal(await refusalOf(wider, ca, '192.168.7.7'), null)
  const named = await serverCertificate(folder, [...LOCAL, 'host.example'], Date.now())
  const renewed = await readFile(named.caFile, 'utf8')
  assert.notEqual(renewed, ca)
  assert.equal(await refusalOf(named, renewed, 'host.example'), null)
  const keyOf = (text: string) => new X509Certificate(text).publicKey.export({ format: 'jwk' })
  assert.deepEqual(keyOf(renewed), keyOf(ca))
})

test('the authority speaks for no other name: clients refuse what its key signs for one', async (t) => {
  const [folder, other] = [await folderOf(t), await folderOf(t)]
  const { caFile } = await serverCertificate(folder, LOCAL, Date.now())
  const ca = await readFile(caFile, 'utf8')
  // A thief of the key makes a certificate for a bank, and its victim trusts the authority as it is.
  await serverCertificate(other, LOCAL, Date.now())
  await writeFile(join(other, 'authority.key'), await readFile(join(folder, 'authority.key')))
  for (const name of ['bank.example', '203.0.113.9']) {
    const forged = await serverCertificate(other, [...LOCAL, name], Date.now())
    assert.match(String(await refusalOf(forged, ca, name)), /permitted subtree violation/)
  }
})

test('a file that is no certificate is replaced', async (t) => {
  const folder = await folderOf(t)
  const { caFile } = await serverCertificate(folder, LOCAL, Date.now())
  await writeFile(caFile, 'nonsense')
  const again = await serverCertificate(folder, LOCAL, Date.now())
  assert.equal(await refusalOf(again, await readFile(caFile, 'utf8'), 'localhost'), null)
})
