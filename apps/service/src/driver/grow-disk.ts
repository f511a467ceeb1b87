import { ArmError, faults } from '@trusted-launch/api'
import { type Machine, MachineError } from '@trusted-launch/host'

const GIB = 2 ** 30

/** Makes a VM's own disk (`null`) or a data disk as large as it is to be. @throws {ArmError} why its host cannot. */
export async function growDisk(
  disks: Pick<Machine['disks'], 'resize'>,
  lun: number | null,
  sizeGib: number,
): Promise<void> {
  try {
    await disks.resize(lun, sizeGib * GIB)
  } catch (error) {
    if (!(error instanceof MachineError && error.code === 'machine-disk-failed')) throw error
    const disk = lun === null ? "The VM's own disk" : `The data disk of lun ${lun}`
    throw new ArmError(
      faults.operationNotAllowed(
        `${disk} is not made ${sizeGib} GiB large: ${error.message}`,
        'diskSizeGB',
      ),
    )
  }
}
