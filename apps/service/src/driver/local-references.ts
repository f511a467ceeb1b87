import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MachineShape, ReferenceFirmware } from '@trusted-launch/attestation'
import {
  type Image,
  makeVariableStore,
  modulesOfImage,
  readDurably,
  writeDurably,
} from '@trusted-launch/host'
import type { MachinePlan } from '../domain/host/machines.ts'
import { type ForetellWork, foretell, Unforetold } from './foretell.ts'
import type { HostFirmware } from './host-firmware.ts'
import { isOthers, type MachineImages } from './machine-images.ts'
import { BANKS } from './machine-spec.ts'
import { diskIn } from './own-disk.ts'

/** What decides about a boot, of a VM's plan. */
type Foretold = Pick<
  MachinePlan,
  'id' | 'secureBoot' | 'memoryMiB' | 'vcpus' | 'machineOwnerKeys' | 'signatures'
>

/** Reference values hold every module of an image. */
const BYTES_MAX = 16 << 20

export interface ReferencesOptions {
  /** One file a VM, outside of the VMs' folders. */
  readonly referencesDirectory: string
  /** What is believed of a firmware on machines of this shape; learnt where it is not known. */
  readonly believe: (shape: MachineShape, signal: AbortSignal) => Promise<ReferenceFirmware | null>
}

/** What each VM's boot is to measure, made before it boots. */
export class LocalReferences {
  readonly #options: ReferencesOptions
  readonly #firmware: HostFirmware
  readonly #images: MachineImages

  constructor(options: ReferencesOptions, firmware: HostFirmware, images: MachineImages) {
    this.#options = options
    this.#firmware = firmware
    this.#images = images
  }

  /** As kept; null: nothing is foretold of the VM. */
  read(id: string): Promise<Uint8Array | null> {
    return readDurably(this.#pathOf(id), BYTES_MAX)
  }

  /** Nothing happens when there are none. */
  remove(id: string): Promise<void> {
    return rm(this.#pathOf(id), { force: true })
  }

  /**
   * What the VM's next boot is to measure: from the pristine image and a variable store as the firmware's maker
   * leaves it, with the keys and the setting that were asked for. Nothing of it comes from the VM.
   */
  async foretell(plan: Foretold, image: Image, signal: AbortSignal): Promise<void> {
    try {
      const values = await foretell(await this.#workOf(plan, image, signal), signal)
      await writeDurably(this.#pathOf(plan.id), values, 0o600)
    } catch (error) {
      // Nothing is believed in their place: a verdict says that they are missing.
      if (!isOthers(image.name) || !(error instanceof Unforetold)) throw error
      await this.remove(plan.id)
    }
  }

  /** The same with the image of the plan. Of a disk that ran before nothing is foretold. */
  async foretellPlanned(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    if (diskIn(plan.image) !== null) return
    await this.foretell(plan, await this.#images.get(plan.image, signal), signal)
  }

  async #workOf(plan: Foretold, image: Image, signal: AbortSignal): Promise<ForetellWork> {
    const { name, sha256, path, format } = image
    const signatures = this.#images.keysOf(image, plan)
    const variables = await makeVariableStore(
      this.#firmware.files,
      signatures,
      plan.secureBoot,
      plan.machineOwnerKeys,
    )
    const firmware = await this.#options.believe(await this.#firmware.shapeOf(plan), signal)
    const modules = modulesOfImage(image)
    const file = { path, format }
    return { file, image: { name, sha256 }, variables, modules, banks: BANKS, firmware }
  }

  #pathOf(id: string): string {
    return join(this.#options.referencesDirectory, `${id}.json`)
  }
}
