import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ArmError } from '@trusted-launch/api'
import { type Machine, MachineError } from '@trusted-launch/host'
import { putDataDisks } from '../../src/driver/data-disks.ts'
import type { DiskFiles } from '../../src/driver/disk-files.ts'
import { growOwnDisk } from '../../src/driver/machine-change.ts'

/** A machine with a data disk, whose disks do not become larger. */
function aMachine(error: Error): Machine {
  const spec = { dataDisks: [{ lun: 3, path: '/data', format: 'qcow2' }] }
  return { spec, disks: { resize: () => Promise.reject(error) } } as unknown as Machine
}
/** A disk of so many bytes, and what it is made as large as. */
function anOwnDisk(t: TestContext, bytes: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tl-own-disk-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'disk.raw')
  writeFileSync(path, '')
  truncateSync(path, bytes)
  const grown: (number | null)[] = []
  const resize = async (lun: number | null, size: number) => {
    grown.push(lun, size)
  }
  return { disk: { path, format: 'raw' as const }, disks: { resize }, grown }
}

const files = { pathOf: () => '/data', ensure: async () => '/data' } as unknown as DiskFiles
const disks = [{ lun: 3, diskId: '/one', sizeGiB: 1 }]

test('a VM’s own disk grows to what it is to have, unless it has begun the last of as many GiB', async (t) => {
  const machine = anOwnDisk(t, 1.5 * 2 ** 30)
  for (const osDiskGib of [null, 1, 2]) await growOwnDisk(machine, { osDiskGib })
  assert.deepEqual(machine.grown, [])
  await growOwnDisk(machine, { osDiskGib: 3 })
  assert.deepEqual(machine.grown, [null, 3 * 2 ** 30])
})

test('a disk that its host does not make so large is refused by its place, with what the host says', async (t) => {
  const machine = aMachine(
    new MachineError('machine-disk-failed', 'it has 2 bytes, and does not shrink'),
  )
  const refused = (what: string) => (error: unknown) => {
    assert.ok(error instanceof ArmError)
    const { status, code, target, message } = error.fault
    assert.deepEqual([status, code, target], [409, 'OperationNotAllowed', 'diskSizeGB'])
    assert.equal(message, `${what} is not made 1 GiB large: it has 2 bytes, and does not shrink`)
    return true
  }
  await assert.rejects(putDataDisks(machine, disks, files), refused('The data disk of lun 3'))
  const { disk } = anOwnDisk(t, 0)
  const own = { disk, disks: { resize: () => machine.disks.resize(null, 0) } }
  await assert.rejects(growOwnDisk(own, { osDiskGib: 1 }), refused("The VM's own disk"))
})

test('what else goes wrong with a disk is no refusal', async () => {
  const missing = new MachineError('machine-disk-missing', 'there is no disk of lun 3')
  await assert.rejects(putDataDisks(aMachine(missing), disks, files), missing)
})
