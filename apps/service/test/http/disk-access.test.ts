import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const MIB = 2 ** 20
const HOUR = 3_600_000

async function aPlace(t: TestContext, script = {}, options = {}) {
  let now = Date.now()
  const service = await aService(t, new ScriptedHost(script), { now: () => now, ...options })
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const at = (name: string, type = 'disks') =>
    `${service.group('rg')}/providers/Microsoft.Compute/${type}/${name}`
  const put = (name: string, creationData: object, more = {}) =>
    service.ask('PUT', at(name), { location: 'local', properties: { creationData, ...more } })
  const grant = (id: string, body: object) => service.ask('POST', `${id}/beginGetAccess`, body)
  /** The addresses, at once or once they are there. */
  const granted = async (id: string, body: object) => {
    const answer = await grant(id, body)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    if (answer.status === 200) return answer.body
    assert.equal((await service.over(answer)).status, 'Succeeded')
    const { pathname, search } = new URL(String(answer.headers.location))
    return (await service.ask('GET', pathname + search)).body
  }
  const stateOf = async (id: string) => (await service.ask('GET', id)).body.properties.diskState
  const end = async (id: string, body?: object) => {
    const answer = await service.ask('POST', `${id}/endGetAccess`, body)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.status === 200 ? { status: 'Succeeded' } : service.over(answer)
  }
  const later = (ms: number) => {
    now += ms
  }
  return { service, at, put, grant, granted, stateOf, end, later }
}

/** What an address answers, without a token. */
function bytesAt(
  { ca }: TestService,
  url: string,
  method = 'GET',
  headers: Record<string, string> = {},
  body?: Uint8Array,
): Promise<{ status: number; headers: any; body: Buffer; code: string | null }> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/octet-stream' }
    const sent = request(url, { method, ca, headers: { ...type, ...headers } }, async (answer) => {
      const whole = Buffer.concat(await answer.toArray())
      const isJson = String(answer.headers['content-type']).includes('json') && whole.length > 0
      const code = isJson ? JSON.parse(String(whole)).error.code : null
      resolve({ status: answer.statusCode!, headers: answer.headers, body: whole, code })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const read = { access: 'Read', durationInSeconds: 600, fileFormat: 'Raw' }
const vhd = { access: 'Read', durationInSeconds: 600 }
const write = { access: 'Write', durationInSeconds: 600 }
const digestOf = (bytes: Uint8Array) =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
const hexOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('a disk’s bytes are sent in ranges, each held against its hash, and are the disk once access to them ends', async (t) => {
  const { service, at, put, granted, grant, stateOf, end } = await aPlace(t)
  const bytes = randomBytes(5 * MIB)
  const made = await put('one', { createOption: 'Upload', uploadSizeBytes: bytes.length })
  assert.deepEqual([made.status, made.body.properties.provisioningState], [200, 'Succeeded'])
  assert.equal(made.body.properties.diskState, 'ReadyToUpload')
  assert.match((await grant(at('one'), read)).body.error.message, /has no bytes yet/)
  const copy = await put('copy', { createOption: 'Copy', sourceResourceId: at('one') })
  assert.match(copy.body.error.message, /is not there yet/)

  const { accessSAS } = await granted(at('one'), write)
  assert.equal(await stateOf(at('one')), 'ActiveUpload')
  const send = (start: number, piece: Uint8Array, headers = {}) =>
    bytesAt(
      service,
      `${accessSAS}&comp=page`,
      'PUT',
      { 'x-ms-range': `bytes=${start}-${start + piece.length - 1}`, ...headers },
      piece,
    )
  const first = bytes.subarray(0, 4 * MIB)
  const digest = { 'content-digest': digestOf(first) }
  const wrong = await send(0, first.with(7, 7 ^ first[7]!), digest)
  assert.deepEqual([wrong.status, wrong.code], [400, 'ChecksumMismatch'])
  const md5 = await send(0, first, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })
  assert.equal(md5.code, 'ChecksumMismatch')
  assert.equal(service.host.uploads.size, 0)
  assert.equal((await send(0, first, digest)).status, 201)

  // Who comes back asks which ranges are there.
  const hashAt = async (start: number, last: number) =>
    (await bytesAt(service, accessSAS, 'HEAD', { 'x-ms-range': `bytes=${start}-${last}` })).headers
  assert.equal((await hashAt(0, 4 * MIB - 1))['content-digest'], digestOf(first))
  const second = bytes.subarray(4 * MIB)
  const missing = await hashAt(4 * MIB, bytes.length - 1)
  assert.equal(missing['content-digest'], digestOf(new Uint8Array(second.length)))
  assert.equal(missing['x-ms-blob-content-length'], String(bytes.length))
  for (const [start, piece, status] of [
    [2 * MIB, new Uint8Array(4 * MIB), 400],
    [bytes.length, new Uint8Array(1), 416],
    [0, new Uint8Array(4 * MIB + 1), 413],
  ] as const)
    assert.equal((await send(start, piece)).status, status)
  assert.equal((await send(4 * MIB, second)).status, 201)
  const ended = await end(at('one'), { sha256: hexOf(bytes) })
  assert.equal(ended.status, 'Succeeded')
  assert.equal(await stateOf(at('one')), 'Unattached')
  assert.deepEqual(service.host.filled.get(at('one'))!.sent, {
    sha256: hexOf(bytes),
    sizeBytes: bytes.length,
  })
  assert.equal((await send(0, first)).status, 403)
  assert.equal(service.host.uploads.size, 0)
  assert.match((await grant(at('one'), write)).body.error.message, /not written by an address/)
  const got = await bytesAt(service, (await granted(at('one'), read)).accessSAS)
  assert.deepEqual([got.status, hexOf(got.body)], [200, hexOf(bytes)])
})

test('access that ends before anything was sent leaves the disk waiting, and what was no disk may be sent anew', async (t) => {
  let isBroken = true
  const { service, at, put, granted, stateOf, end } = await aPlace(t, {
    before: (deed: string) => {
      if (deed === 'fillDisk' && isBroken) throw new Error('no disk')
    },
  })
  await put('one', { createOption: 'Upload', uploadSizeBytes: MIB })
  await granted(at('one'), write)
  assert.equal((await end(at('one'))).status, 'Succeeded')
  assert.equal(await stateOf(at('one')), 'ReadyToUpload')
  const again = async () => {
    const { accessSAS } = await granted(at('one'), write)
    const sent = await bytesAt(service, accessSAS, 'PUT', {}, new Uint8Array(MIB))
    assert.equal(sent.status, 201)
    return (await end(at('one'))).status
  }
  assert.equal(await again(), 'Failed')
  assert.equal(await stateOf(at('one')), 'ReadyToUpload')
  assert.equal(service.host.uploads.size, 0)
  isBroken = false
  assert.equal(await again(), 'Succeeded')
  assert.equal(await stateOf(at('one')), 'Unattached')
})

test('what may be read of a disk is as it was at one moment, also of a VM that runs, and ends with the access', async (t) => {
  const { service, at, granted, grant, stateOf, end } = await aPlace(t)
  const { id } = await aVm(service)
  const own = (await service.ask('GET', id)).body.properties.storageProfile.osDisk.managedDisk.id
  service.host.contents.set(own, new Uint8Array(MIB).fill(1))
  const { accessSAS } = await granted(own, read)
  service.host.contents.set(own, new Uint8Array(MIB).fill(2))
  assert.equal(await stateOf(own), 'Attached')
  const part = await bytesAt(service, accessSAS, 'GET', { range: 'bytes=10-19' })
  assert.deepEqual([part.status, [...part.body]], [206, Array(10).fill(1)])
  assert.equal(part.headers['content-range'], `bytes 10-19/${MIB}`)
  assert.equal(part.headers['cache-control'], 'no-store')
  // Again: the same bytes, for longer.
  const longer = await granted(own, { ...read, durationInSeconds: 1200 })
  assert.equal((await bytesAt(service, longer.accessSAS)).body[0], 1)
  const written = await bytesAt(service, accessSAS, 'PUT', {}, new Uint8Array(1))
  assert.deepEqual([written.status, written.code], [403, 'AuthorizationPermissionMismatch'])
  const removed = await service.ask('DELETE', own)
  assert.equal(removed.status, 409)
  await end(own)
  for (const url of [accessSAS, longer.accessSAS])
    assert.equal((await bytesAt(service, url)).status, 403)
  assert.equal(service.host.snapshots.size, 0)
  assert.equal((await grant(own, { ...read, access: 'None' })).status, 400)
  assert.equal(at('x').length > 0, true)
})

test('an address is good for what was signed, as long as was asked for, at most a day', async (t) => {
  const { service, at, put, granted, grant, later } = await aPlace(t)
  await put('one', { createOption: 'Empty' }, { diskSizeGB: 1 })
  for (const durationInSeconds of [0, 86_401, 1.5])
    assert.match(
      (await grant(at('one'), { access: 'Read', durationInSeconds })).body.error.message,
      /1 to 86400/,
    )
  const { accessSAS } = await granted(at('one'), read)
  const other = Buffer.from(at('two')).toString('base64url')
  for (const url of [
    accessSAS.replace(/se=(\d+)/, (_: string, until: string) => `se=${Number(until) + 1}`),
    accessSAS.replace(/\/access\/[^/]+/, `/access/${other}`),
    accessSAS.replace('/disk?', '/guestState?'),
    accessSAS.replace(/sig=.*/, ''),
  ])
    assert.deepEqual((await bytesAt(service, url)).code, 'AuthenticationFailed', url)
  assert.equal((await bytesAt(service, accessSAS, 'HEAD')).status, 200)
  later(601_000)
  assert.equal((await bytesAt(service, accessSAS)).status, 403)
})

test('the guest state is told sealed, where a disk has one, and is taken with a disk that is sent', async (t) => {
  const { service, at, put, grant, granted, end } = await aPlace(t)
  await put('plain', { createOption: 'Empty' }, { diskSizeGB: 1 })
  const secure = { getSecureVMGuestStateSAS: true }
  assert.match(
    (await grant(at('plain'), { ...read, ...secure })).body.error.message,
    /has no guest state/,
  )
  const { id } = await aVm(service)
  const own = (await service.ask('GET', id)).body.properties.storageProfile.osDisk.managedDisk.id
  const uris = await granted(own, { ...read, ...secure })
  const state = await bytesAt(service, uris.securityDataAccessSAS)
  assert.match(String(state.body), /^sealed /)
  const made = await put(
    'sent',
    { createOption: 'UploadPreparedSecure', uploadSizeBytes: MIB },
    { osType: 'Linux', securityProfile: { securityType: 'TrustedLaunch' } },
  )
  assert.equal(made.status, 200, JSON.stringify(made.body))
  const to = await granted(at('sent'), { ...write, ...secure })
  await bytesAt(service, to.accessSAS, 'PUT', {}, new Uint8Array(MIB))
  await bytesAt(service, to.securityDataAccessSAS, 'PUT', {}, state.body)
  assert.equal((await end(at('sent'))).status, 'Succeeded')
  assert.deepEqual(service.host.filled.get(at('sent'))!.variables, {
    kind: 'upload',
    id: `${at('sent')}/guestState`,
  })
  assert.equal(service.host.uploads.size, 0)
})

test('a snapshot is read as it is, and stays while it is', async (t) => {
  const { service, at, put, granted, grant, stateOf, end } = await aPlace(t)
  await put('data', { createOption: 'Empty' }, { diskSizeGB: 1 })
  const snapshot = at('one', 'snapshots')
  const creationData = { createOption: 'Copy', sourceResourceId: at('data') }
  await service.over(
    await service.ask('PUT', snapshot, { location: 'local', properties: { creationData } }),
  )
  assert.match((await grant(snapshot, write)).body.error.message, /is never written/)
  const { accessSAS } = await granted(snapshot, read)
  assert.equal(await stateOf(snapshot), 'ActiveSAS')
  assert.equal((await bytesAt(service, accessSAS)).body.length, MIB)
  assert.equal((await service.ask('DELETE', snapshot)).status, 409)
  await end(snapshot)
  assert.equal((await bytesAt(service, accessSAS)).status, 403)
  assert.equal((await service.over(await service.ask('DELETE', snapshot))).status, 'Succeeded')
})

test('a copy that nobody may read any more goes by itself, and so does a disk whose bytes nobody sends for a day', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tl-access-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const deeds: string[] = []
  const host = new ScriptedHost({ before: (deed) => void deeds.push(deed) })
  const { service, at, put, granted } = await aPlace(t, {}, { data, driver: host })
  await put('sent', { createOption: 'Upload', uploadSizeBytes: MIB })
  await put('read', { createOption: 'Empty' }, { diskSizeGB: 1 })
  await granted(at('read'), read)
  assert.equal(host.snapshots.size, 1)
  await service.service.close()
  // Nobody is let in there: its clock is another than that of who gives tokens.
  const later = await aService(t, host, { data, now: () => Date.now() + 25 * HOUR })
  const isOver = () => ['deleteDisk', 'deleteSnapshot'].every((deed) => deeds.includes(deed))
  for (let tries = 0; tries < 250 && !isOver(); tries++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  await later.service.close()
  const next = await aService(t, host, { data })
  assert.equal((await next.ask('GET', at('sent'))).status, 404)
  assert.equal((await next.ask('GET', at('read'))).body.properties.diskState, 'Unattached')
  assert.deepEqual([...host.snapshots], [])
})

test('who says nothing of a format reads a fixed VHD, as at Azure: the disk and its footer, in whatever ranges', async (t) => {
  const { service, at, put, granted, grant, end } = await aPlace(t)
  await put('one', { createOption: 'Empty' }, { diskSizeGB: 1 })
  const bytes = randomBytes(MIB)
  service.host.contents.set(at('one'), bytes)
  const { accessSAS } = await granted(at('one'), vhd)
  const head = await bytesAt(service, accessSAS, 'HEAD')
  assert.equal(head.headers['x-ms-blob-content-length'], String(MIB + 512))
  const whole = await bytesAt(service, accessSAS)
  assert.deepEqual([whole.status, whole.body.length], [200, MIB + 512])
  assert.ok(whole.body.subarray(0, MIB).equals(bytes))
  const footer = whole.body.subarray(MIB)
  assert.deepEqual(
    [footer.subarray(0, 8).toString(), footer.readUInt32BE(60), footer.readBigUInt64BE(48)],
    ['conectix', 2, BigInt(MIB)],
  )
  for (const [first, last] of [
    [MIB - 2, MIB + 1],
    [MIB, MIB + 511],
    [MIB + 500, MIB + 511],
    [0, 9],
  ] as const) {
    const part = await bytesAt(service, accessSAS, 'GET', {
      'x-ms-range': `bytes=${first}-${last}`,
    })
    assert.ok(part.body.equals(whole.body.subarray(first, last + 1)), `${first}-${last}`)
  }
  // The same access, without the footer, for who asks for that.
  const raw = await granted(at('one'), read)
  assert.equal((await bytesAt(service, raw.accessSAS)).body.length, MIB)
  assert.equal((await bytesAt(service, accessSAS)).body.length, MIB + 512)
  await end(at('one'))
  assert.equal((await bytesAt(service, accessSAS)).status, 403)
  const refused = await grant(at('one'), { ...vhd, fileFormat: 'VHDX' })
  assert.deepEqual([refused.status, refused.body.error.target], [409, 'fileFormat'])
  // What was read can be sent as it came.
  await put('back', { createOption: 'Upload', uploadSizeBytes: whole.body.length })
  const to = await granted(at('back'), write)
  assert.equal((await bytesAt(service, to.accessSAS, 'PUT', {}, whole.body)).status, 201)
  assert.equal((await end(at('back'))).status, 'Succeeded')
})

test('a disk of a restore point is read as a disk is, of a copy that goes with the access; meanwhile the point stays', async (t) => {
  const { service, at, granted, grant, end } = await aPlace(t)
  const { id: vm } = await aVm(service)
  const collection = at('of-web', 'restorePointCollections')
  await service.ask('PUT', collection, { location: 'local', properties: { source: { id: vm } } })
  const point = `${collection}/restorePoints/one`
  await service.over(await service.ask('PUT', point, { properties: {} }))
  const [{ id, name }] = (await service.ask('GET', `${point}/diskRestorePoints`)).body.value
  const [kept] = [...service.host.points.keys()]
  service.host.contents.set(kept!, new Uint8Array(MIB).fill(7))
  assert.match((await grant(id, write)).body.error.message, /is never written/)
  assert.equal((await grant(`${id}x`, read)).status, 404)
  const { accessSAS, securityDataAccessSAS } = await granted(id, {
    ...read,
    getSecureVMGuestStateSAS: true,
  })
  assert.deepEqual(
    [...service.host.snapshots.values()],
    [{ kind: 'restorePoint', id: kept, lun: null }],
  )
  assert.ok((await bytesAt(service, accessSAS)).body.equals(Buffer.alloc(MIB, 7)))
  assert.match(String((await bytesAt(service, securityDataAccessSAS)).body), /^sealed /)
  assert.equal(
    (await granted(id.replace(name, name.toUpperCase()), read)).accessSAS.length > 0,
    true,
  )
  assert.match(
    (await service.ask('DELETE', point)).body.error.message,
    /may be read by its address until .* end that access first/,
  )
  assert.equal((await end(id)).status, 'Succeeded')
  assert.equal((await bytesAt(service, accessSAS)).status, 403)
  assert.equal(service.host.snapshots.size, 0)
  assert.equal((await end(id)).status, 'Succeeded')
  assert.equal((await service.ask('GET', id)).status, 200)
  assert.equal((await service.over(await service.ask('DELETE', point))).status, 'Succeeded')
})

test('a copy of a point’s disk that cannot be made leaves nothing', async (t) => {
  const before = (deed: string) => {
    if (deed === 'takeSnapshot') throw new Error('no room')
  }
  const { service, at, grant } = await aPlace(t, { before })
  const { id: vm } = await aVm(service)
  const collection = at('of-web', 'restorePointCollections')
  await service.ask('PUT', collection, { location: 'local', properties: { source: { id: vm } } })
  const point = `${collection}/restorePoints/one`
  await service.over(await service.ask('PUT', point, { properties: {} }))
  const [{ id }] = (await service.ask('GET', `${point}/diskRestorePoints`)).body.value
  assert.equal((await service.over(await grant(id, read))).status, 'Failed')
  assert.equal((await service.over(await service.ask('DELETE', point))).status, 'Succeeded')
})
