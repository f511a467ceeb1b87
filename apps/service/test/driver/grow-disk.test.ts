import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ArmError } from '@trusted-launch/api'
import { type Machine, MachineError } from '@trusted-launch/host'
import { putDataDisks } from '../../src/driver/data-disks.ts'
import type { DiskFiles } from '../../src/driver/disk-files.ts'
import { growOwnDisk } from '../../src/driver/machine-change.ts'

/** A machine with a data disk, whose disks do not become larger. */
function aMachine(error: Error): Machine {
  const spec = { dataDisks: [{ lun: 3, path: '/data', format: 'qcow2' }] }
  return { spec, resizeDisk: () => Promise.reject(error) } as unknown as Machine
}
const files = { pathOf: () => '/data', ensure: async () => '/data' } as unknown as DiskFiles
const disks = [{ lun: 3, diskId: '/one', sizeGiB: 1 }]

test('a disk that its host does not make so large is refused by its place, with what the host says', async () => {
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
  await assert.rejects(growOwnDisk(machine, { osDiskGib: 1 }), refused("The VM's own disk"))
})

test('what else goes wrong with a disk is no refusal', async () => {
  const missing = new MachineError('machine-disk-missing', 'there is no disk of lun 3')
  await assert.rejects(putDataDisks(aMachine(missing), disks, files), missing)
})
