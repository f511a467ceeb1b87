import { MachineError } from './machine/errors.ts'

/** A disk beside the VM's own: a file of the caller's, which outlives the VM. */
export interface DataDisk {
  /** The unit the guest finds it as, 0 to {@link LUN_MAX}; no two disks of a VM have the same. */
  readonly lun: number
  /**
   * A regular file on the state directory's file system, which belongs to QEMU's account while the VM has it
   * and is nobody else's meanwhile. The folders above it may be closed to that account.
   */
  readonly path: string
  /** A qcow2 file's backing file is never opened. */
  readonly format: 'raw' | 'qcow2'
  readonly readOnly?: boolean
}

/** Azure's most is 64 data disks. */
export const LUN_MAX = 63

/** @throws {MachineError} `machine-bad-spec` */
export function checkDataDisk({ lun, format }: DataDisk): void {
  if (!Number.isInteger(lun) || lun < 0 || lun > LUN_MAX)
    throw new MachineError('machine-bad-spec', `a disk's lun is not from 0 to ${LUN_MAX}`)
  if (format !== 'raw' && format !== 'qcow2')
    throw new MachineError('machine-bad-spec', "a disk's format")
}

/** What the file is called in QEMU's folder, and QEMU's name of the disk. */
export function dataDiskName(lun: number): string {
  return `data-${lun}`
}

/** As `-blockdev` and `blockdev-add` take it. */
export function dataDiskNode({ lun, format, readOnly = false }: Omit<DataDisk, 'path'>) {
  const name = dataDiskName(lun)
  const file = { driver: 'file', filename: name, 'read-only': readOnly }
  const node = { driver: format, 'node-name': name, 'read-only': readOnly, file }
  return format === 'qcow2' ? { ...node, backing: null } : node
}

/** As `-device` and `device_add` take it. */
export function dataDiskDevice({ lun }: Pick<DataDisk, 'lun'>) {
  const drive = dataDiskName(lun)
  return { driver: 'scsi-hd', id: `${drive}-unit`, bus: 'data.0', lun, drive, serial: drive }
}
