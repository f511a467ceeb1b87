import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Uploads } from '../src/driver/uploads.ts'
import { type End, HostWithImages } from './a-host-with-images.ts'
import { ServiceProcess } from './a-process.ts'
import { aService, type TestService } from './a-service.ts'
import { imageBody, imageId } from './an-image.ts'

const root = join(import.meta.dirname, '../../..')
const [small] = globSync(join(root, '.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'
const HOUR = 3_600_000

/** Services on one host, one after the other: the first ones end in the middle of what they do. */
function anInstallation(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-images-killed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [data, host] = [join(folder, 'data'), join(folder, 'host')]
  mkdirSync(join(host, 'images'), { recursive: true })
  const at = (what: string) => readdirSync(join(host, 'images', what))
  /** Begins with what its client asks for, and does not end by itself before. */
  const killedBy = async (end: End, ask: (client: TestService) => Promise<unknown>) => {
    const process = await ServiceProcess.run(t, 'images-process.ts', data, host, end)
    await ask(process.client())
    await process.ended()
  }
  /** Goes on with what was not over, and ends in the middle of it again. */
  const killedAgain = async (end: End) => {
    const program = join(import.meta.dirname, 'images-process.ts')
    const child = spawn(process.execPath, [program, data, host, end], { stdio: 'ignore' })
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
  }
  const next = (hours: number) =>
    aService(t, new HostWithImages(host, () => {}, hours * HOUR), { data })
  const upload = (client: TestService) => {
    const id = `${client.group('rg')}/providers/TrustedLaunch/uploads/one`
    const uploads = new Uploads(join(host, 'images/uploads'))
    copyFileSync(small!, uploads.pathOf(id))
  }
  const forget = (names: readonly string[]) => {
    for (const name of names) rmSync(join(host, 'images/uploads', name))
  }
  return { at, forget, killedBy, killedAgain, next, upload }
}

/** Whoever asks may be told nothing: who was asked ended. */
const lost = (asked: Promise<unknown>) => asked.catch(() => {})

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 600_000
  while (!(await what())) {
    assert.ok(performance.now() < end, 'it never came')
    await sleep(20)
  }
}

test('an import and a removal that are killed wherever they are go on to their end, and leave nothing', {
  skip,
}, async (t) => {
  const { at, killedBy, killedAgain, next, upload } = anInstallation(t)
  await killedBy('uploaded', async (client) => {
    await client.ask('PUT', client.group('rg'), { location: 'local' })
    upload(client)
    await lost(client.ask('PUT', imageId(client, 'mine'), imageBody('upload:one')))
  })
  await killedAgain('kept')
  await killedAgain('recorded')
  await killedBy('asked', async (client) => {
    const id = imageId(client, 'mine')
    const stateOf = async () => (await client.ask('GET', id)).body.properties.provisioningState
    await until(async () => (await stateOf()) === 'Succeeded' && at('uploads').length === 0)
    assert.equal(at('images').length, 1)
    await lost(client.ask('DELETE', id))
  })
  await killedAgain('gone')
  const last = await next(0)
  await until(async () => (await last.ask('GET', imageId(last, 'mine'))).status === 404)
  assert.deepEqual([at('images'), at('uploads')], [[], []])
})

test('bytes of an import that was killed and cannot be done again are found, and go after a day', {
  skip,
}, async (t) => {
  const { at, forget, killedBy, next, upload } = anInstallation(t)
  await killedBy('kept', async (client) => {
    await client.ask('PUT', client.group('rg'), { location: 'local' })
    upload(client)
    await lost(client.ask('PUT', imageId(client, 'mine'), imageBody('upload:one')))
  })
  const unknown = async (service: TestService) =>
    (await service.ask('GET', '/providers/TrustedLaunch/hosts/local')).body.properties.unknownFiles
  assert.equal(at('images').length, 1)
  forget(at('uploads'))
  const second = await next(0)
  await until(async () => (await second.ask('GET', imageId(second, 'mine'))).status === 404)
  await until(async () => (await unknown(second)) === 1)
  assert.equal(at('images').length, 1)
  await second.service.close()
  const third = await next(25)
  await until(() => at('images').length === 0)
  await until(async () => (await unknown(third)) === 0)
})
