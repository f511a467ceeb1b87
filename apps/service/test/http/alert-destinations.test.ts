import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { ALERT_KINDS } from '@trusted-launch/posture'
import { Webhook } from 'standardwebhooks'
import { READER } from '../../src/identity/role-definitions.ts'
import type { ServiceOptions } from '../../src/service.ts'
import { FailingHost } from '../a-failing-host.ts'
import { aPrincipal } from '../a-principal.ts'
import { aCertificate, until, WebhookReceiver } from '../a-receiver.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const provider = 'providers/TrustedLaunch/alertDestinations'
const HERE = { allowedReceivers: [{ hostname: 'localhost', port: null }] }

async function aListeningService(t: TestContext, more: Partial<ServiceOptions> = HERE) {
  return aService(t, new FailingHost(), more)
}

const at = (service: TestService, name: string) => `${service.subscription}/${provider}/${name}`

async function aWebhook(service: TestService, { url, ca }: WebhookReceiver, name = 'siem') {
  const properties = { kind: 'webhook', url, ca, secret: SECRET }
  const answer = await service.ask('PUT', at(service, name), { properties })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

/** A VM whose boot is not what was to be expected. */
async function aFailedVm(service: TestService, name = 'web'): Promise<string> {
  const { id } = await aVm(service, name)
  const publisher = 'Microsoft.Azure.Security.LinuxAttestation'
  const properties = { publisher, type: 'GuestAttestation', typeHandlerVersion: '1.0' }
  const put = await service.ask('PUT', `${id}/extensions/g`, { location: 'local', properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  await service.over(put)
  return id
}

async function statusOf(service: TestService, name = 'siem'): Promise<any> {
  return (await service.ask('GET', at(service, name))).body.properties.status
}

async function dismissAll(service: TestService): Promise<string[]> {
  const alerts = `${service.subscription}/providers/Microsoft.Security/alerts`
  const { value } = (await service.ask('GET', alerts)).body
  for (const { id } of value) await service.ask('POST', `${id}/dismiss`, { reason: 'seen' })
  return value.map(({ name }: any) => name)
}

const KINDS = Object.keys(ALERT_KINDS).length

test('a webhook is told of an alert and its end, signed so that a library of others verifies it, with nothing of the guest’s inside', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  const made = await aWebhook(service, receiver)
  assert.doesNotMatch(JSON.stringify(made), /whsec|AcHBwc|BwcHBw/)
  const vm = await aFailedVm(service)
  await until(() => receiver.received.length === 1)
  const [name] = await dismissAll(service)
  await until(() => receiver.received.length === 2)
  const verifier = new Webhook(SECRET)
  for (const { body, headers } of receiver.received) verifier.verify(body, headers as any)
  const { body, headers } = receiver.received[0]!
  assert.throws(() => verifier.verify(`${body} `, headers as any))
  const [raised, closed] = receiver.events
  assert.deepEqual([raised.type, closed.type], ['alert.raised', 'alert.closed'])
  assert.deepEqual([raised.data.alert.vm, raised.data.name], [vm, name])
  assert.equal(raised.data.ocsf.class_uid, 2004)
  assert.match(closed.data.alert.reason, /^seen/)
  assert.doesNotMatch(body, /"(expected|actual)"/)
  assert.notEqual(headers['webhook-id'], receiver.received[1]!.headers['webhook-id'])
})

test('a receiver that is away for a while loses nothing, and gets all in order when it is back', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  let ahead = 0
  const now = () => Date.now() + ahead
  const service = await aListeningService(t, { ...HERE, now })
  await aWebhook(service, receiver)
  await receiver.kill()
  await aFailedVm(service, 'one')
  await dismissAll(service)
  await until(async () => (await statusOf(service)).error !== undefined)
  await aFailedVm(service, 'two')
  assert.equal((await statusOf(service)).waiting, 3)
  await receiver.back()
  ahead += 600_000
  await until(() => receiver.received.length === 3)
  const told = receiver.events.map(({ type, data }) => `${type} ${data.alert.vm.split('/').at(-1)}`)
  assert.deepEqual(told, ['alert.raised one', 'alert.closed one', 'alert.raised two'])
  const sequences = receiver.events.map(({ data }) => data.sequence)
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => a - b),
  )
  await until(async () => (await statusOf(service)).delivered === 3)
  const { error, waiting, lost, deadLetters } = await statusOf(service)
  assert.deepEqual([error, waiting, lost, deadLetters], [undefined, 0, 0, 0])
})

test('what a receiver refuses as such is given up after five tries, listed with why, and sent again when asked', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  let ahead = 0
  const service = await aListeningService(t, { ...HERE, now: () => Date.now() + ahead })
  await aWebhook(service, receiver)
  receiver.status = 422
  await aFailedVm(service)
  await until(async () => {
    ahead += 1_000
    return (await statusOf(service)).deadLetters === 1
  })
  assert.equal(receiver.received.length, 5)
  const letters = async () =>
    (await service.ask('GET', `${at(service, 'siem')}/deadLetters`)).body.value
  const [letter] = await letters()
  assert.match(letter.why, /422/)
  assert.equal(letter.event.alert.cause, 'drift')
  const asked = await service.ask('POST', `${at(service, 'siem')}/redeliver`, {})
  assert.deepEqual([asked.status, asked.body.count], [202, 1])
  await until(() => receiver.received.length === 6)
  await until(async () => (await letters())[0].isToBeSentAgain === false)
  receiver.status = 200
  const { sequence } = letter
  await service.ask('POST', `${at(service, 'siem')}/redeliver`, { sequence })
  await until(async () => (await letters()).length === 0)
  const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
  assert.equal(ids.size, 1, 'whoever got it twice can tell')
})

test('simulated alerts are marked, count for no VM, and are sent like others; asked for again, the same are open again', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  await aWebhook(service, receiver)
  const alerts = `${service.subscription}/providers/Microsoft.Security/locations/local/alerts`
  const simulated = (properties: object) =>
    service.ask('POST', `${alerts}/default/simulate`, { properties })
  for (const wrong of [{}, { kind: 'Bundles' }, { kind: 'Bundles', bundles: ['KeyVaults'] }])
    assert.equal((await simulated(wrong)).status, 400)
  const bundles = { kind: 'Bundles', bundles: ['VirtualMachines'] }
  assert.equal((await simulated(bundles)).status, 204)
  await until(() => receiver.received.length === KINDS)
  assert.ok(receiver.events.every(({ data }) => data.sample === true))
  await dismissAll(service)
  assert.equal((await simulated(bundles)).status, 204)
  const { value } = (await service.ask('GET', alerts)).body
  assert.equal(value.length, KINDS)
  for (const { properties } of value) {
    const { alertDisplayName, status, extendedProperties } = properties
    assert.match(alertDisplayName, /^\[SAMPLE ALERT\] /)
    assert.deepEqual(
      [status, extendedProperties.sample, extendedProperties.count],
      ['Active', 'true', '2'],
    )
  }
})

test('an alert that a rule hides is told to nobody', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  await aWebhook(service, receiver)
  const rule = `${service.subscription}/providers/Microsoft.Security/alertsSuppressionRules/all`
  const properties = { alertType: '*', state: 'Enabled', reason: 'Other' }
  await service.ask('PUT', rule, { properties })
  await aFailedVm(service, 'one')
  await service.ask('DELETE', rule)
  await aFailedVm(service, 'two')
  await until(() => receiver.received.length === 1)
  assert.match(receiver.events[0].data.alert.vm, /two$/)
})

test('nothing is sent to this machine or a private network that the operator did not name, nor to a name that leads there', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t, {})
  await aWebhook(service, receiver)
  const told = async (name: string) => (await service.ask('POST', `${at(service, name)}/test`)).body
  const { delivered, error } = await told('siem')
  assert.deepEqual([delivered, error.code], [false, 'receiver-not-allowed'])
  for (const [i, host] of [
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
    '10.1.2.3',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '2130706433',
  ].entries()) {
    const properties = { kind: 'webhook', url: `https://${host}:${receiver.port}/`, secret: SECRET }
    await service.ask('PUT', at(service, `w${i}`), { properties })
    assert.equal((await told(`w${i}`)).error.code, 'receiver-not-allowed', host)
  }
  const syslog = { kind: 'syslog', host: '127.0.0.1', port: receiver.port }
  await service.ask('PUT', at(service, 's'), { properties: syslog })
  assert.equal((await told('s')).error.code, 'receiver-not-allowed')
  assert.equal(receiver.received.length, 0)
})

test('a redirect, and a certificate of an authority that is not the one named, are no delivery', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  await aWebhook(service, receiver)
  const tried = async (name: string) =>
    (await service.ask('POST', `${at(service, name)}/test`)).body
  assert.equal((await tried('siem')).delivered, true)
  receiver.status = 307
  receiver.headers = { location: `${receiver.url}/else` }
  assert.match((await tried('siem')).error.message, /307/)
  assert.equal(receiver.received.length, 2)
  const properties = { kind: 'webhook', url: receiver.url, secret: SECRET }
  await service.ask('PUT', at(service, 'other'), { properties })
  assert.equal((await tried('other')).error.code, 'receiver-unreachable')
  assert.equal(receiver.received.length, 2)
})

for (const transport of ['tls', 'tcp'] as const)
  for (const format of ['cef', 'ocsf'] as const)
    test(`syslog over ${transport} gets a message of RFC 5424 in a frame, with ${format} in it`, async (t) => {
      const certificate = await aCertificate(t)
      const chunks: Buffer[] = []
      const take = (socket: import('node:net').Socket) => {
        socket.on('data', (chunk) => chunks.push(chunk))
        socket.on('error', () => {})
      }
      const server: Server =
        transport === 'tls' ? createTlsServer(certificate, take) : createServer(take)
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
      t.after(() => server.close())
      const { port } = server.address() as { port: number }
      const service = await aListeningService(t)
      const ca = transport === 'tls' ? { ca: certificate.ca } : {}
      const properties = { kind: 'syslog', host: 'localhost', port, transport, format, ...ca }
      const made = await service.ask('PUT', at(service, 'log'), { properties })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      await aFailedVm(service)
      await until(async () => (await statusOf(service, 'log')).delivered === 1)
      const text = Buffer.concat(chunks).toString()
      const [, length, message] = /^(\d+) (.*)$/s.exec(text)!
      assert.equal(Buffer.byteLength(message!), Number(length))
      assert.match(
        message!,
        /^<84>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ trusted-launch - ALERT \[meta sequenceId="\d+"\]\[alert@32473 [^\]]+\] \ufeff/,
      )
      const told = message!.split('\ufeff')[1]!
      if (format === 'cef') assert.match(told, /^CEF:0\|trusted-launch\|.*cause|reason=drift/)
      else assert.equal(JSON.parse(told).finding_info.types[0], 'VM_GuestAttestationFailure')
    })

test('a file gets a line of OCSF for each event, in the folder that the operator named and nowhere else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-alerts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const service = await aListeningService(t, { alertFiles: folder })
  for (const file of ['../x', 'a/b', '/etc/x', '..', '.hidden', '']) {
    const properties = { kind: 'file', file }
    assert.equal((await service.ask('PUT', at(service, 'f'), { properties })).status, 400, file)
  }
  const own = join(folder, service.service.administrator.subscriptionId.toLowerCase())
  mkdirSync(own)
  symlinkSync('/dev/null', join(own, 'linked'))
  await service.ask('PUT', at(service, 'l'), { properties: { kind: 'file', file: 'linked' } })
  assert.equal((await service.ask('POST', `${at(service, 'l')}/test`)).body.delivered, false)
  await service.ask('PUT', at(service, 'f'), { properties: { kind: 'file', file: 'alerts.jsonl' } })
  await aFailedVm(service)
  await dismissAll(service)
  await until(async () => (await statusOf(service, 'f')).delivered === 2)
  const lines = readFileSync(join(own, 'alerts.jsonl'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).activity_id),
    [1, 3],
  )
})

test('a file that is large is moved aside, the oldest goes, and a subscription whose files take a GiB begins no other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-alerts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const service = await aListeningService(t, { alertFiles: folder })
  const own = join(folder, service.service.administrator.subscriptionId.toLowerCase())
  mkdirSync(own)
  const properties = { kind: 'file', file: 'alerts.jsonl' }
  await service.ask('PUT', at(service, 'f'), { properties })
  const tell = async () => (await service.ask('POST', `${at(service, 'f')}/test`)).body
  const path = join(own, 'alerts.jsonl')
  for (let i = 0; i < 6; i++) {
    assert.equal((await tell()).delivered, true)
    truncateSync(path, (16 << 20) + 1 + i)
  }
  assert.equal((await tell()).delivered, true)
  assert.deepEqual(
    readdirSync(own).sort(),
    ['', '.1', '.2', '.3', '.4'].map((end) => `alerts.jsonl${end}`),
  )
  assert.equal(statSync(`${path}.1`).size, (16 << 20) + 6, 'the newest of them')
  writeFileSync(join(own, 'former'), '')
  truncateSync(join(own, 'former'), 1 << 30)
  assert.equal((await tell()).delivered, true, 'what is there goes on')
  rmSync(path)
  const refused = await tell()
  assert.equal(refused.delivered, false)
  assert.match(refused.error.message, /moves some of them away/)
})

test('without a folder of the operator’s no file is written', async (t) => {
  const service = await aListeningService(t, {})
  const put = await service.ask('PUT', at(service, 'f'), {
    properties: { kind: 'file', file: 'x' },
  })
  assert.deepEqual([put.status, /--alert-files/.test(put.body.error.message)], [400, true])
})

test('a destination reads strictly, keeps its secret when none is given, and is off while it is disabled', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  const { url, ca } = receiver
  const good = { kind: 'webhook', url, ca, secret: SECRET }
  for (const wrong of [
    { ...good, secret: undefined },
    { ...good, secret: 'whsec_short' },
    { ...good, secret: SECRET.slice(6) },
    { ...good, url: url.replace('https', 'http') },
    { ...good, url: 'https://me:word@localhost/' },
    { ...good, extra: 1 },
    { ...good, kind: 'mail' },
    { kind: 'syslog', host: 'a b', port: 1 },
    { kind: 'syslog', host: 'a', port: 0 },
  ]) {
    const { status } = await service.ask('PUT', at(service, 'bad'), { properties: wrong })
    assert.equal(status, 400, JSON.stringify(wrong))
  }
  await aWebhook(service, receiver)
  const off = { kind: 'webhook', url, ca, state: 'Disabled' }
  assert.equal((await service.ask('PUT', at(service, 'siem'), { properties: off })).status, 200)
  await aFailedVm(service, 'one')
  const on = { ...off, state: 'Enabled' }
  assert.equal((await service.ask('PUT', at(service, 'siem'), { properties: on })).status, 200)
  await aFailedVm(service, 'two')
  await until(() => receiver.received.length === 1)
  assert.match(receiver.events[0].data.alert.vm, /two$/)
  new Webhook(SECRET).verify(receiver.received[0]!.body, receiver.received[0]!.headers as any)
  const file = { kind: 'syslog', host: 'a', port: 1 }
  assert.equal((await service.ask('PUT', at(service, 'siem'), { properties: file })).status, 409)
})

test('who only reads sees destinations and tries none; a deleted one is told nothing more', async (t) => {
  const receiver = await WebhookReceiver.open(t)
  const service = await aListeningService(t)
  await aWebhook(service, receiver)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  assert.equal((await reader.ask('GET', at(service, 'siem'))).status, 200)
  assert.equal((await reader.ask('POST', `${at(service, 'siem')}/test`)).status, 403)
  assert.equal((await reader.ask('DELETE', at(service, 'siem'))).status, 403)
  assert.equal((await service.ask('DELETE', at(service, 'siem'))).status, 200)
  assert.equal((await service.ask('DELETE', at(service, 'siem'))).status, 204)
  await aFailedVm(service)
  assert.equal((await service.ask('GET', at(service, 'siem'))).status, 404)
  assert.equal(receiver.received.length, 0)
})
