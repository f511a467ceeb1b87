import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MachineShape } from '@trusted-launch/attestation'
import type { Firmware, Host } from '@trusted-launch/host'
import type { MachinePlan } from '../domain/host/machines.ts'
import { FileHash } from './host-part.ts'

/** The firmware that a host starts its VMs with. */
export class HostFirmware {
  /** As it was when the host was opened, hexadecimal: what reference values are made with. */
  readonly sha256: string
  /** Where its files are. */
  readonly files: Firmware
  readonly #host: Host
  readonly #file: FileHash

  constructor(host: Host) {
    this.#host = host
    this.files = host.firmware
    this.#file = new FileHash(host.firmware.code)
    this.sha256 = createHash('sha256').update(readFileSync(host.firmware.code)).digest('hex')
  }

  /** SHA-256 of its file as it is now, hexadecimal. */
  sha256Now(): Promise<string> {
    return this.#file.get()
  }

  /** What decides about what it measures when it starts a VM. */
  async shapeOf({
    memoryMiB,
    vcpus,
  }: Pick<MachinePlan, 'memoryMiB' | 'vcpus'>): Promise<MachineShape> {
    const { accelerator } = await this.#host.acceleration()
    return { firmwareSha256: this.sha256, memoryMiB, vcpus, accelerator }
  }
}
