import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MICROSOFT_UEFI_CA } from '../../../tests/e2e/templates.ts'
import { type Host, type MachineSpec, openHost } from '../src/index.ts'

const { signal } = new AbortController()
const MARK = 'what only the disk says'

/** A host with one VM: its own disk, a data disk at lun 2, and a vTPM. */
async function place(t: TestContext, change: Partial<MachineSpec> = {}) {
  const path = mkdtempSync(join(tmpdir(), 'tl-points-'))
  const stateDirectory = join(path, 'state')
  let host: Host = await openHost({ stateDirectory })
  t.after(async () => {
    await host.close()
    rmSync(path, { recursive: true })
  })
  const image = join(path, 'image')
  writeFileSync(image, Buffer.alloc(1 << 16, `${MARK} at first `))
  const data = join(path, 'data')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', data, '65536'])
  const spec: MachineSpec = {
    ...{ id: 'vm-1', name: 'a test', memoryMiB: 512, vcpus: 1 },
    disk: { path: image, format: 'raw' },
    ...{ secureBoot: true, signatures: MICROSOFT_UEFI_CA, vtpm: { banks: ['sha256'] } },
    dataDisks: [{ lun: 2, path: data, format: 'qcow2' }],
    ...change,
  }
  const vm = await host.create(spec)
  const next = async () => {
    await host.close()
    host = await openHost({ stateDirectory })
    return host
  }
  /** What a qcow2 file of the VM's holds, as raw bytes. */
  const rawOf = (file: string) => {
    const raw = `${file}.raw`
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', file, raw])
    const bytes = readFileSync(raw)
    rmSync(raw)
    return bytes
  }
  return { path, stateDirectory, vm, data, spec, next, rawOf, host: () => host }
}

test('a VM is put back whole: its disks, its variable store and its vTPM; it outlives its manager, and its key a rotation', async (t) => {
  const { path, stateDirectory, vm, data, next, rawOf, host } = await place(t)
  const facts = await host().points.take('p-1', vm, [null, 2], signal)
  assert.deepEqual(facts, {
    ...{ id: 'p-1', vm: 'vm-1', consistency: 'stopped', luns: [null, 2] },
    ...{ guest: 'linux', generation: 1 },
  })
  const before = { disk: readFileSync(vm.diskFile), variables: await vm.readVariables() }
  const sealed = join(stateDirectory, 'points/p-1')
  const { bytes, changedAt } = await host().points.factsOf('p-1')
  assert.ok(bytes > 0 && Math.abs(changedAt - Date.now()) < 60_000)
  assert.deepEqual(await host().points.factsOf('p-2'), { bytes: 0, changedAt: 0 })
  for (const name of readdirSync(sealed))
    assert.equal(readFileSync(join(sealed, name)).includes(MARK), false, name)
  writeFileSync(vm.diskFile, Buffer.alloc(1 << 16, 'another'))
  writeFileSync(join(vm.folder, 'machine/vars.fd'), 'another')
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 7 0 4096', data])
  assert.deepEqual((await host().rotateKeys()).refused, [])

  const again = (await next()).machine('vm-1')
  const point = await (await host().points.get('p-1')).open()
  await again.restore(point, [2], signal)
  assert.ok(rawOf(again.diskFile).equals(before.disk))
  assert.ok(rawOf(data).equals(Buffer.alloc(65536)))
  assert.ok(Buffer.from(await again.readVariables()).equals(before.variables))
  assert.deepEqual(again.identity!.akName, vm.identity!.akName)
  assert.deepEqual((await host().machine('vm-1').spec).disk, { format: 'qcow2' })
  assert.deepEqual(
    readdirSync(path).filter((name) => name.startsWith('.')),
    [],
  )
  await host().delete('vm-1')
  assert.deepEqual(await (await next()).points.ids(), ['p-1'], 'it outlives its VM')
  await host().points.remove('p-1')
  await host().points.remove('p-1')
  assert.deepEqual(readdirSync(join(stateDirectory, 'points')), [])
})

test('a point that was changed, or does not fit, puts nothing back; one cut short by a kill is none', async (t) => {
  const { stateDirectory, vm, host, next } = await place(t)
  await host().points.take('p-1', vm, [null], signal)
  const disk = readFileSync(vm.diskFile)
  const state = join(vm.folder, 'vtpm/tpm2-00.permall')
  const vtpm = readFileSync(state)
  const unchanged = async () => {
    assert.deepEqual([readFileSync(vm.diskFile), readFileSync(state)], [disk, vtpm])
    assert.equal(existsSync(join(vm.folder, 'restored')), false)
  }
  const point = await (await host().points.get('p-1')).open()
  await assert.rejects(vm.restore(point, [2], signal), { code: 'machine-bad-spec' })
  await assert.rejects(vm.restore({ ...point, vtpm: null }, [], signal), {
    code: 'machine-bad-spec',
  })
  const file = join(stateDirectory, 'points/p-1/disk')
  const whole = readFileSync(file)
  writeFileSync(file, whole.subarray(0, -1))
  await assert.rejects(vm.restore(point, [], signal), { code: 'sealed-file-refused' })
  writeFileSync(file, whole)
  const broken = { ...point.vtpm!, state: new Uint8Array(2000) }
  await assert.rejects(vm.restore({ ...point, vtpm: broken }, [], signal), { code: 'vtpm-foreign' })
  await unchanged()
  await vm.restore(point, [], signal)

  await assert.rejects(host().points.get('p-2'), { code: 'restore-point-missing' })
  await assert.rejects(host().points.take('../p', vm, [], signal), { code: 'restore-point-bad-id' })
  await assert.rejects(host().points.take('p-3', vm, [9], signal), { code: 'machine-disk-missing' })
  cpSync(join(stateDirectory, 'points/p-1'), join(stateDirectory, 'points/.part-p-4'), {
    recursive: true,
  })
  cpSync(join(stateDirectory, 'points/p-1.key'), join(stateDirectory, 'points/p-4.key'))
  await next()
  assert.deepEqual(readdirSync(join(stateDirectory, 'points')).sort(), ['p-1', 'p-1.key'])
})

test('a VM that a killed manager left half put back does not start until it is restored again', async (t) => {
  const { vm, host, next } = await place(t)
  await host().points.take('p-1', vm, [null], signal)
  const point = await (await host().points.get('p-1')).open()
  const file = join(vm.folder, 'machine.json')
  const record = JSON.parse(readFileSync(file, 'utf8'))
  await vm.restore(point, [], signal)
  writeFileSync(file, JSON.stringify({ ...record, restoring: 'p-1' }))
  const half = (await next()).machine('vm-1')
  await assert.rejects(half.start(), { code: 'machine-half-restored' })
  await half.restore(await (await host().points.get('p-1')).open(), [], signal)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).restoring, null)
})

test('a VM is made of a point with a copy of its vTPM', async (t) => {
  const { path, vm, spec, host } = await place(t)
  await host().points.take('p-1', vm, [null], signal)
  const { vtpm, variables, writeDisk } = await (await host().points.get('p-1')).open()
  const disk = { path: join(path, 'copy'), format: 'qcow2' as const }
  await writeDisk(null, disk.path)
  const made = { ...spec, id: 'vm-2', disk, variables, vtpmOf: vtpm, dataDisks: null }
  const copy = await host().create(made)
  assert.deepEqual(copy.identity!.akName, vm.identity!.akName)
  assert.equal(copy.identity!.vm, 'vm-2')
  const record = readFileSync(join(copy.folder, 'machine.json'), 'utf8')
  assert.equal(record.includes('vtpmOf'), false, 'its keys are with its vTPM alone')
})
