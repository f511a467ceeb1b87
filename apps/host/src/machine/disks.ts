import { checkDataDisk, type DataDisk, dataDiskName } from '../data-disk.ts'
import { FILES } from '../qemu-args.ts'
import { MachineError } from './errors.ts'
import type { MachineFolder } from './folder.ts'
import { growFile } from './grow-file.ts'
import type { MachineLife } from './life.ts'
import type { MachineSpec } from './record.ts'
import type { RunningMachine } from './running-machine.ts'

/** The largest disk: what a raw file on ext4 may be long. */
const DISK_BYTES_MAX = 16 * 2 ** 40
const SECTOR_BYTES = 512

/** @throws {MachineError} `machine-bad-spec` */
export function checkDataDisks(disks: readonly DataDisk[]): void {
  for (const disk of disks) checkDataDisk(disk)
  if (new Set(disks.map(({ lun }) => lun)).size < disks.length)
    throw new MachineError('machine-bad-spec', 'two data disks of one lun')
}

/** Lets QEMU's account have the disks that are on record. @throws as `MachineFolder.lend` */
export async function lendDisks(
  folder: MachineFolder,
  disks: readonly DataDisk[] | null,
): Promise<void> {
  for (const { path, lun } of disks ?? []) await folder.lend(path, dataDiskName(lun))
}

/** Of a VM that runs, what a manager wrote down and died before it did. @throws as `attach` */
export async function attachMissing(
  live: RunningMachine,
  folder: MachineFolder,
  disks: readonly DataDisk[] | null,
): Promise<void> {
  if (disks === null || disks.length === 0) return
  const there = await live.disks.sizes()
  for (const disk of disks.filter(({ lun }) => !there.has(dataDiskName(lun)))) {
    await folder.lend(disk.path, dataDiskName(disk.lun))
    await live.disks.attach(disk)
  }
}

/** The disks are their owner's again. */
export async function takeBackDisks(
  folder: MachineFolder,
  disks: readonly DataDisk[] | null,
): Promise<void> {
  for (const { path, lun } of disks ?? []) await folder.takeBack(path, dataDiskName(lun))
}

/** The disks of a VM, stopped or running. */
export class MachineDisks {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  /**
   * A data disk comes.
   * @throws {MachineError} `machine-bad-spec`: also when the VM runs and was started without a list of them.
   * `machine-disk-in-use`, `machine-disk-missing` @throws {QmpError}
   */
  attach(disk: DataDisk): Promise<void> {
    return this.#life.settled(() => this.#attach(disk))
  }

  /** A data disk goes, whole as it is. @throws {MachineError} `machine-disk-missing` @throws {QmpError} */
  detach(lun: number): Promise<void> {
    return this.#life.settled(() => this.#detach(lun))
  }

  /**
   * Makes the VM's own disk (`null`) or a data disk larger, in multiples of 512 bytes; a running guest sees it at
   * once. @throws {MachineError} `machine-bad-spec`, `machine-disk-missing`, `machine-disk-failed`: also when
   * it would be smaller. @throws {QmpError}
   */
  resize(lun: number | null, sizeBytes: number): Promise<void> {
    return this.#life.settled(() => this.#resize(lun, sizeBytes))
  }

  /** Another disk in place of the VM's own: a copy of that image. vTPM and variables stay. @throws {MachineError} `machine-running` */
  replace({ path, format }: MachineSpec['disk']): Promise<void> {
    return this.#life.whileStopped(async () => {
      const { files, record } = this.#life
      await files.replaceDisk(path)
      await this.#life.write({ spec: { ...record.spec, disk: { format } } })
    })
  }

  /** On record first and last: a manager that dies in between leaves a disk that can be detached. */
  async #attach(disk: DataDisk): Promise<void> {
    const { live, files, record } = this.#life
    const { dataDisks } = record.spec
    checkDataDisk(disk)
    if (live !== null && dataDisks === null)
      throw new MachineError('machine-bad-spec', 'it was started without data disks')
    if (dataDisks?.some(({ lun }) => lun === disk.lun))
      throw new MachineError('machine-disk-in-use', `there is a disk of lun ${disk.lun}`)
    await this.#write([...(dataDisks ?? []), disk])
    try {
      await files.lend(disk.path, dataDiskName(disk.lun))
      await live?.disks.attach(disk)
    } catch (e) {
      await files.takeBack(disk.path, dataDiskName(disk.lun))
      await this.#write(dataDisks)
      throw e
    }
  }

  async #detach(lun: number): Promise<void> {
    const { live, files } = this.#life
    const { path } = this.#find(lun)
    await live?.disks.detach(lun)
    await files.takeBack(path, dataDiskName(lun))
    await this.#write(this.#life.record.spec.dataDisks!.filter((disk) => disk.lun !== lun))
  }

  async #resize(lun: number | null, sizeBytes: number): Promise<void> {
    if (!(sizeBytes > 0 && sizeBytes <= DISK_BYTES_MAX && sizeBytes % SECTOR_BYTES === 0))
      throw new MachineError('machine-bad-spec', 'sizeBytes')
    const { live, files, record } = this.#life
    const { format } = lun === null ? record.spec.disk : this.#find(lun)
    const name = lun === null ? FILES.disk : dataDiskName(lun)
    if (live !== null) return live.disks.grow(name, sizeBytes)
    await growFile({ folder: files.machine, name, format }, sizeBytes, record.accounts.qemu)
  }

  #find(lun: number): DataDisk {
    const disk = this.#life.record.spec.dataDisks?.find((each) => each.lun === lun)
    if (disk !== undefined) return disk
    throw new MachineError('machine-disk-missing', `there is no disk of lun ${lun}`)
  }

  #write(dataDisks: readonly DataDisk[] | null): Promise<void> {
    return this.#life.write({ spec: { ...this.#life.record.spec, dataDisks } })
  }
}
