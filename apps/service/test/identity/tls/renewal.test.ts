import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import pino from 'pino'
import { TlsCertificate } from '../../../src/identity/tls/renewal.ts'

const DAY_MS = 86_400_000

/** A certificate by a clock that the test moves. */
async function aCertificate(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-renewal-'))
  // What it shows in the end is good by the client's clock, too.
  const clock = { now: Date.now() - 280 * DAY_MS }
  const log = pino({ level: 'silent' })
  const tls = await TlsCertificate.open(folder, ['127.0.0.1'], () => clock.now, log)
  t.after(() => {
    tls.close()
    rmSync(folder, { recursive: true })
  })
  return { clock, tls }
}

/** A server that shows it. */
async function aServer(t: TestContext) {
  const { clock, tls } = await aCertificate(t)
  const server = createServer(tls.current)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const shown = async () => {
    const { port } = server.address() as AddressInfo
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(tls.current.caFile) })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    return { socket, serialNumber }
  }
  return { clock, tls, server, shown }
}

test('a certificate is renewed while it is shown, before its end, by the same authority; what is open stays so', async (t) => {
  const { clock, tls, server, shown } = await aServer(t)
  const first = await shown()
  clock.now += 180 * DAY_MS
  assert.equal(await tls.renew(server), false)
  assert.equal((await shown()).serialNumber, first.serialNumber)
  clock.now += 100 * DAY_MS
  assert.equal(await tls.renew(server), true)
  const second = await shown()
  assert.notEqual(second.serialNumber, first.serialNumber)
  assert.equal(first.socket.destroyed, false)
  for (const { socket } of [first, second]) socket.destroy()
})

test('it is looked at while the service runs, and no more after that', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { clock, tls } = await aCertificate(t)
  const renewed = Promise.withResolvers<void>()
  let times = 0
  const setSecureContext = () => {
    times++
    renewed.resolve()
  }
  tls.renewFor({ setSecureContext })
  clock.now += 300 * DAY_MS
  t.mock.timers.tick(DAY_MS / 4)
  await renewed.promise
  tls.close()
  clock.now += 300 * DAY_MS
  t.mock.timers.tick(DAY_MS)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(times, 1)
})
