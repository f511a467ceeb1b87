import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONSOLE_ENDS } from '@trusted-launch/api'
import type { ConnectionLimits } from '../../src/http/consoles/connection.ts'
import { READER, VIRTUAL_MACHINE_CONTRIBUTOR } from '../../src/identity/role-definitions.ts'
import { Port } from '../a-port.ts'
import { aPrincipal, mayAlso } from '../a-principal.ts'
import { until } from '../a-receiver.ts'
import { aService } from '../a-service.ts'
import { aTicket, Viewer, type ViewerOptions } from '../a-viewer.ts'
import { aVm } from '../a-vm.ts'
import { Browser } from '../portal/a-browser.ts'
import { ScriptedHost } from '../scripted/host.ts'

const CONNECT = '/providers/TrustedLaunch/console/connect'
const PAST = 'Linux version 0.0.0\n'

/** A VM whose serial port the test has, and who looks at it. */
async function aConsole(t: TestContext, limits: Partial<ConnectionLimits> = {}) {
  const ports: Port[] = []
  const screens: PassThrough[] = []
  let late = 0
  const host = new ScriptedHost({
    serial: () => ports[ports.push(new Port()) - 1]!,
    screen: () => screens[screens.push(new PassThrough()) - 1]!,
  })
  const service = await aService(t, host, {
    consoleLimits: limits,
    now: () => Date.now() + late,
  })
  const { id } = await aVm(service)
  const ask: typeof service.ask = (...of) => service.ask(...of)
  const look = async (ticket: string, options: ViewerOptions = {}) => {
    const viewer = new Viewer(service, ticket, options)
    t.after(() => viewer.socket.terminate())
    return { viewer, refused: await viewer.opened }
  }
  const opened = async (verb: 'connect' | 'watch' = 'connect', asking: typeof ask = ask) => {
    const { viewer, refused } = await look((await aTicket(asking, id, verb)).ticket)
    assert.equal(refused, null)
    await viewer.sees(PAST)
    return viewer
  }
  const later = (ms: number) => {
    late += ms
  }
  return { service, id, ask, ports, screens, look, opened, later }
}

const ends = (end: keyof typeof CONSOLE_ENDS) => ({ code: CONSOLE_ENDS[end], reason: end })

test('what was printed is shown, then what is printed; what is typed reaches the VM, and all who look share it', async (t) => {
  const { opened, ports } = await aConsole(t)
  const [one, two] = [await opened(), await opened()]
  assert.equal(ports.length, 1)
  one.type('ls\r')
  await until(() => ports[0]!.typed === 'ls\r')
  ports[0]!.push('bin dev\r\n')
  await one.sees('bin dev\r\n')
  await two.sees('bin dev\r\n')
  assert.equal(one.shown.toString(), `${PAST}bin dev\r\n`)
  one.socket.close()
  two.socket.close()
  await until(() => ports[0]!.destroyed)
  const again = await opened()
  assert.equal(ports.length, 2)
  ports[1]!.destroy()
  assert.deepEqual(await again.ended, ends('MachineEnded'))
})

test('a ticket is good once, for a minute, for the kind and the VM it was given for, and in no address', async (t) => {
  const { id, ask, look, later, ports, screens } = await aConsole(t)
  const { ticket, url } = await aTicket(ask, id)
  assert.match(url, /^wss:\/\/127\.0\.0\.1:\d+\/consoles$/)
  assert.equal((await look(ticket)).refused, null)
  assert.equal((await look(ticket)).refused, 401)
  for (const none of ['', 'x', 'A'.repeat(43)]) assert.equal((await look(none)).refused, 401)
  const { ticket: inPath } = await aTicket(ask, id)
  assert.equal((await look('', { path: `/consoles?ticket=${inPath}` })).refused, 401)
  await look((await aTicket(ask, id, 'connect', 'screen')).ticket)
  await until(() => screens.length === 1)
  assert.equal(ports.length, 1)
  const late = await aTicket(ask, id)
  later(60_001)
  assert.equal((await look(late.ticket)).refused, 401)
})

test("a page of another origin, or one sent to a name that is not the service's, opens no console", async (t) => {
  const { service, id, ask, look } = await aConsole(t)
  const refused = async (options: ViewerOptions) =>
    (await look((await aTicket(ask, id)).ticket, options)).refused
  assert.equal(await refused({ origin: 'https://evil.example' }), 403)
  assert.equal(await refused({ origin: 'null' }), 403)
  assert.equal(await refused({ origin: service.service.endpoint.replace('https', 'http') }), 403)
  assert.equal(await refused({ host: 'evil.example', origin: 'https://evil.example' }), 421)
  assert.equal(await refused({ origin: null }), null)
})

test('who may read boot diagnostics watches, and types nothing; a Reader does neither', async (t) => {
  const { service, id, opened, ports } = await aConsole(t)
  const { ask, name } = await aPrincipal(service, READER.name, service.subscription)
  const post = (verb: string) => ask('POST', `${id}/providers/TrustedLaunch/console/${verb}`)
  assert.deepEqual([(await post('connect')).status, (await post('watch')).status], [403, 403])
  const right = 'Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action'
  await mayAlso(service, name, [right], service.subscription)
  assert.equal((await post('connect')).status, 403)
  const viewer = await opened('watch', ask)
  viewer.type('reboot\r')
  ports[0]!.push('login: ')
  await viewer.sees('login: ')
  assert.equal(ports[0]!.typed, '')
})

test('a console ends when the role that it was opened with is taken away, and when its owner signs out', async (t) => {
  const { service, id, opened, ports, look } = await aConsole(t, { pingMs: 500 })
  const { ask, assignment } = await aPrincipal(
    service,
    VIRTUAL_MACHINE_CONTRIBUTOR.name,
    service.subscription,
  )
  const viewer = await opened('connect', ask)
  await sleep(700)
  viewer.type('a')
  await until(() => ports[0]!.typed === 'a')
  await service.ask('DELETE', assignment)
  assert.deepEqual(await viewer.ended, ends('AuthorizationFailed'))

  const browser = new Browser(service)
  const { body } = await service.ask('POST', '/portal/tickets')
  const [, ticket] = body.url.split('#ticket=')
  await browser.send('POST', '/portal/session', {}, { ticket })
  await browser.session()
  const versioned: typeof service.ask = (method, path, sent) =>
    browser.ask(method, `${path}?api-version=2026-04-01`, sent)
  const signedIn = await look((await aTicket(versioned, id)).ticket)
  await signedIn.viewer.sees(PAST)
  await browser.ask('POST', '/portal/sign-out', { everywhere: true })
  assert.deepEqual(await signedIn.viewer.ended, ends('SignedOut'))
})

test('a VM that is deleted, stopped or made anew under its name is not looked at by what was opened before', async (t) => {
  const { service, id, opened, ask } = await aConsole(t, { pingMs: 500 })
  const viewer = await opened()
  await service.over(await ask('POST', `${id}/powerOff`))
  const stopped = await ask('POST', id + CONNECT)
  assert.deepEqual([stopped.status, stopped.body.error.code], [409, 'OperationNotAllowed'])
  await service.over(await ask('DELETE', id))
  assert.deepEqual(await viewer.ended, ends('AuthorizationFailed'))
  assert.equal((await ask('POST', id + CONNECT)).status, 404)
})

test('who is slow to read holds nobody up: what is beyond is left out, and said', async (t) => {
  const { opened, ports } = await aConsole(t, { waitingBytes: 65_536 })
  const [slow, quick] = [await opened(), await opened()]
  slow.socket.pause()
  const line = Buffer.alloc(32_768, 'x')
  const lines = 300
  for (let i = 0; i < lines; i++) {
    ports[0]!.push(line)
    if (i % 10 === 0) await sleep(1)
  }
  ports[0]!.push('the end\n')
  await quick.sees('the end\n')
  slow.socket.resume()
  await slow.sees('bytes left out]')
  assert.ok(slow.shown.length < lines * line.length)
})

test('a VM that reads nothing of what is typed keeps no more of it than 64 KiB', async (t) => {
  const { opened, ports } = await aConsole(t)
  const viewer = await opened()
  ports[0]!.reads = false
  const piece = 'x'.repeat(16_384)
  for (let i = 0; i < 8; i++) viewer.type(piece)
  await viewer.sees('16384 typed bytes left out')
  assert.ok(ports[0]!.writableLength <= 65_536)
  viewer.type('x'.repeat(65_537))
  assert.equal((await viewer.ended).code, 1009)
})

test('a console at which nothing happens ends, and one whose viewer is gone without a word', async (t) => {
  const { opened } = await aConsole(t, { pingMs: 200, idleMs: 300 })
  assert.deepEqual(await (await opened()).ended, ends('ConsoleIdle'))
  const { opened: other, ports } = await aConsole(t, { pingMs: 200 })
  const gone = await other()
  gone.socket.pause()
  await until(() => ports[0]!.destroyed)
})

test('who looked at what, how and until when is in the audit', async (t) => {
  const { service, id, opened } = await aConsole(t)
  const viewer = await opened()
  const watching = await opened('watch')
  viewer.socket.close()
  watching.socket.close()
  await until(async () => (await entries()).length === 4)
  assert.deepEqual((await entries()).sort(), [
    'TrustedLaunch/console/serial/type/close',
    'TrustedLaunch/console/serial/type/open',
    'TrustedLaunch/console/serial/watch/close',
    'TrustedLaunch/console/serial/watch/open',
  ])

  async function entries(): Promise<string[]> {
    const path = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`
    const { body } = await service.ask('GET', path)
    return body.value
      .filter(({ resourceId }: any) => resourceId === id)
      .map(({ operationName }: any) => operationName.value)
      .filter((name: string) => name.startsWith('TrustedLaunch/console/'))
  }
})

test("a service that ends lets its consoles' viewers go at once, and they may come back", async (t) => {
  const { service, opened } = await aConsole(t)
  const viewer = await opened()
  await service.service.close()
  assert.equal((await viewer.ended).code, 1001)
})

test('nine look at a VM and the ninth is told; there is no other kind of console, and no other protocol to go on with', async (t) => {
  const { service, id, ask, look, opened } = await aConsole(t)
  for (let i = 0; i < 8; i++) await opened()
  const { viewer } = await look((await aTicket(ask, id)).ticket)
  assert.deepEqual(await viewer.ended, ends('TooManyConsoles'))
  for (const body of [{ kind: 'sound' }, { kind: 7 }, { kind: 'serial', mode: 'all' }]) {
    const { status } = await ask('POST', id + CONNECT, body)
    assert.equal(status, 400, JSON.stringify(body))
  }
  const headers = { connection: 'upgrade', upgrade: 'h2c' }
  assert.equal((await service.send('GET', '/health/live', headers)).status, 200)
})
