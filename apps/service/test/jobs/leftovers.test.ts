import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostFileKind, Leftover } from '../../src/domain/host/leftovers.ts'
import { restoreStore } from '../../src/store/backup.ts'
import { openStore } from '../../src/store/open.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'
import type { Script } from '../scripted/script.ts'

const HOUR = 3_600_000

/** Services one after the other on one data folder; what lies on the host was last changed so many hours ago. */
function anInstallation(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'tl-leftovers-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const files: Omit<Leftover, 'changedAt'>[] = []
  const next = async (hoursAgo: number, script: Script = {}): Promise<TestService> => {
    const host = new ScriptedHost(script)
    const changedAt = Date.now() - hoursAgo * HOUR
    for (const file of files) host.files.add({ ...file, changedAt })
    return aService(t, host, { data })
  }
  const put = (kind: HostFileKind, name: string) => files.push({ kind, name, bytes: 1 << 20 })
  return { data, next, put }
}

const namesOn = ({ host }: TestService) => [...host.files].map(({ kind, name }) => [kind, name])

const told = async (service: TestService) => {
  const { body } = await service.ask('GET', '/providers/TrustedLaunch/hosts/local')
  return [body.properties?.unknownFiles, body.properties?.unknownFileBytes]
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await what())) {
    assert.ok(performance.now() < end, 'it never came')
    await sleep(20)
  }
}

/** It is looked for beside what else is done. */
const comesTo = (service: TestService, count: number) =>
  until(async () => (await told(service))[0] === count)

test('a file that no record names is counted, and goes after a day; what a record names stays', async (t) => {
  const { next, put } = anInstallation(t)
  const first = await next(0)
  const { id } = await aVm(first)
  const { body: vm } = await first.ask('GET', id)
  const image = await anImage(first)
  assert.equal(image.end.status, 'Succeeded')
  const [taken] = first.host.images
  const snapshot = `${first.group('rg')}/providers/Microsoft.Compute/snapshots/s`
  const own = vm.properties.storageProfile.osDisk.managedDisk.id
  const creationData = { createOption: 'Copy', sourceResourceId: own }
  await first.over(
    await first.ask('PUT', snapshot, { location: 'local', properties: { creationData } }),
  )
  await first.service.close()
  const named = [
    ['disk', own],
    ['snapshot', snapshot],
    ['image', taken!],
  ] as const
  for (const [kind, name] of named) put(kind, name)
  for (const kind of ['disk', 'snapshot', 'image', 'restorePoint'] as const) put(kind, 'nobody’s')

  const second = await next(23)
  await comesTo(second, 4)
  assert.deepEqual(await told(second), [4, 4 << 20])
  const { body: metrics } = await second.send('GET', '/metrics', {})
  assert.match(String(metrics), /^trusted_launch_host_unknown_files 4$/m)
  assert.match(String(metrics), /^trusted_launch_host_unknown_file_bytes 4194304$/m)
  await second.service.close()

  const third = await next(25)
  await comesTo(third, 0)
  assert.deepEqual(namesOn(third), named)
})

test('nothing goes while an operation is not over', async (t) => {
  const { next, put } = anInstallation(t)
  const untilEnded = (deed: string, _: string, signal?: AbortSignal) =>
    deed !== 'fillDisk' ? undefined : sleep(60_000, undefined, { signal })
  const first = await next(0, { before: untilEnded })
  const diskId = (name: string) => `${first.group('rg')}/providers/Microsoft.Compute/disks/${name}`
  await first.ask('PUT', first.group('rg'), { location: 'local' })
  const empty = { creationData: { createOption: 'Empty' }, diskSizeGB: 1 }
  await first.ask('PUT', diskId('a'), { location: 'local', properties: empty })
  const creationData = { createOption: 'Copy', sourceResourceId: diskId('a') }
  const put202 = await first.ask('PUT', diskId('b'), {
    ...{ location: 'local', properties: { creationData } },
  })
  assert.equal(put202.status, 202, JSON.stringify(put202.body))
  await first.service.close()
  put('disk', 'nobody’s')
  const second = await next(25, { before: untilEnded })
  await comesTo(second, 1)
  assert.equal(second.host.files.size, 1)
  await second.service.close()
  // What was left of the operation is done, and is over when the next one looks.
  const third = await next(25)
  const isThere = async () => (await third.ask('GET', diskId('b'))).body.properties
  await until(async () => (await isThere())?.provisioningState === 'Succeeded')
  await third.service.close()
  const fourth = await next(25)
  await comesTo(fourth, 0)
  assert.equal(fourth.host.files.size, 0)
})

test('what is named by the time that all files are listed stays', async (t) => {
  const { next, put } = anInstallation(t)
  const first = await next(0)
  await first.ask('PUT', first.group('rg'), { location: 'local' })
  const id = `${first.group('rg')}/providers/Microsoft.Compute/disks/late`
  await first.service.close()
  put('disk', id)
  put('disk', 'nobody’s')
  const { promise, resolve } = Promise.withResolvers<void>()
  const second = await next(25, { before: (deed) => (deed === 'leftovers' ? promise : undefined) })
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 1 }
  assert.ok((await second.ask('PUT', id, { location: 'local', properties })).status < 300)
  resolve()
  await until(() => second.host.files.size === 1)
  assert.deepEqual(namesOn(second), [['disk', id]])
})

test('where the records were restored files that they do not know stay', async (t) => {
  const { data, next, put } = anInstallation(t)
  const first = await next(0)
  await first.service.close()
  put('disk', 'nobody’s')
  const path = join(data, 'service.db')
  const copy = join(data, 'copy.db')
  const store = await openStore({ path })
  await store.backup(copy)
  await store.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  await restoreStore(copy, { path })
  const second = await next(25)
  await comesTo(second, 1)
  await sleep(100)
  assert.equal(second.host.files.size, 1)
})
