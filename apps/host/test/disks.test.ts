import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Host, type MachineSpec, openHost } from '../src/index.ts'

const root = process.getuid?.() === 0
const KIB = 1024

/** A host, and a folder of disks that is closed to all but us. */
async function place(t: TestContext) {
  const path = mkdtempSync(join(tmpdir(), 'tl-disks-'))
  const stateDirectory = join(path, 'state')
  const folder = join(path, 'disks')
  mkdirSync(folder, { mode: 0o700 })
  let host: Host = await openHost({ stateDirectory })
  t.after(async () => {
    await host.close()
    rmSync(path, { recursive: true })
  })
  const disk = (name: string, format: 'raw' | 'qcow2' = 'raw', bytes = 64 * KIB) => {
    const file = join(folder, name)
    execFileSync('qemu-img', ['create', '-q', '-f', format, file, String(bytes)])
    return { path: file, format }
  }
  const image = disk('image')
  const spec = { name: 'a test', memoryMiB: 512, vcpus: 1, disk: image, vtpm: null }
  const create = (id: string, change: Partial<MachineSpec> = {}) =>
    host.create({ ...spec, id, secureBoot: false, signatures: null, ...change })
  const next = async () => {
    await host.close()
    host = await openHost({ stateDirectory })
    return host
  }
  return { disk, create, next, host: () => host }
}

const ownerOf = (path: string) => statSync(path).uid

test("a data disk is its VM's alone, is on record, and is its owner's again afterwards", async (t) => {
  const { disk, create, next } = await place(t)
  const vm = await create('vm-1', { dataDisks: [{ lun: 0, ...disk('first') }] })
  const second = { lun: 7, ...disk('second', 'qcow2') }
  await vm.disks.attach(second)
  if (root) assert.equal(ownerOf(second.path), vm.accounts.qemu!.uid)
  const other = await create('vm-2')
  await assert.rejects(other.disks.attach(second), { code: 'machine-disk-in-use' })
  await assert.rejects(create('vm-3', { dataDisks: [{ ...second, lun: 1 }] }), {
    code: 'machine-disk-in-use',
  })
  if (root)
    assert.equal(ownerOf(second.path), vm.accounts.qemu!.uid, 'a refusal takes it from nobody')
  await assert.rejects(vm.disks.attach({ lun: 7, ...disk('third') }), {
    code: 'machine-disk-in-use',
  })

  const host = await next()
  const again = host.machine('vm-1')
  assert.deepEqual(
    again.spec.dataDisks?.map(({ lun }) => lun),
    [0, 7],
  )
  await again.disks.detach(7)
  assert.equal(ownerOf(second.path), process.getuid!())
  await assert.rejects(again.disks.detach(7), { code: 'machine-disk-missing' })
  await host.machine('vm-2').disks.attach(second)
  await host.delete('vm-2')
  assert.equal(ownerOf(second.path), process.getuid!())
  assert.equal(statSync(second.path).nlink, 1)
})

test('what is no disk is refused', async (t) => {
  const { disk, create } = await place(t)
  const vm = await create('vm-1')
  const { path } = disk('one')
  const refused = (change: object, code = 'machine-bad-spec') =>
    assert.rejects(vm.disks.attach({ lun: 0, path, format: 'raw', ...change }), { code })
  await refused({ lun: 64 })
  await refused({ lun: -1 })
  await refused({ format: 'vmdk' })
  await refused({ path: join(path, '..') })
  await refused({ path: `${path}-not` }, 'machine-disk-missing')
  assert.equal(vm.spec.dataDisks, null)
  const twice = [0, 0].map((lun) => ({ lun, path, format: 'raw' as const }))
  await assert.rejects(create('vm-2', { dataDisks: twice }), { code: 'machine-bad-spec' })
})

test('a disk on another file system is refused', {
  skip: statSync('/dev/shm', { throwIfNoEntry: false })?.dev === statSync(tmpdir()).dev,
}, async (t) => {
  const { create } = await place(t)
  const folder = mkdtempSync('/dev/shm/tl-disks-')
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'disk')
  writeFileSync(path, new Uint8Array(KIB))
  const vm = await create('vm-1')
  await assert.rejects(vm.disks.attach({ lun: 0, path, format: 'raw' }), {
    code: 'machine-bad-spec',
    message: /another file system/,
  })
})

test('disks of a stopped VM grow, and never shrink', async (t) => {
  const { disk, create } = await place(t)
  const data = { lun: 3, ...disk('data', 'qcow2') }
  const vm = await create('vm-1', { dataDisks: [data] })
  await vm.disks.resize(null, 128 * KIB)
  assert.equal(statSync(vm.disk.path).size, 128 * KIB)
  await vm.disks.resize(3, 256 * KIB)
  const info = execFileSync('qemu-img', ['info', '--output=json', data.path], { encoding: 'utf8' })
  assert.equal(JSON.parse(info)['virtual-size'], 256 * KIB)
  for (const lun of [null, 3])
    await assert.rejects(vm.disks.resize(lun, KIB), { code: 'machine-disk-failed' })
  for (const bytes of [0, 513, -512, Number.NaN, 2 ** 50])
    await assert.rejects(vm.disks.resize(null, bytes), { code: 'machine-bad-spec' })
  await assert.rejects(vm.disks.resize(4, 512), { code: 'machine-disk-missing' })
})

test('a disk put in place of the former is a copy of its image, and the vTPM stays', async (t) => {
  const { disk, create, next } = await place(t)
  const vm = await create('vm-1', { vtpm: { banks: ['sha256'] } })
  writeFileSync(vm.disk.path, 'changed')
  const image = disk('another', 'qcow2')
  await vm.disks.replace(image)
  const again = (await next()).machine('vm-1')
  assert.deepEqual(readFileSync(again.disk.path), readFileSync(image.path))
  assert.equal(again.disk.format, 'qcow2')
  assert.deepEqual(again.identity, vm.identity)
  if (root) assert.equal(ownerOf(again.disk.path), vm.accounts.qemu!.uid)
})
