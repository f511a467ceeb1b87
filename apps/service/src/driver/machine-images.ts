import { ArmError } from '@trusted-launch/api'
import {
  buildImage,
  builtImage,
  freeVersion,
  type Image,
  ImageError,
  keepVersion,
  keptImage,
  keptVersions,
  ownSecureBootTemplate,
} from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import { keysFor } from '../catalogue/secure-boot-templates.ts'
import type { MachinePlan } from '../domain/host/machines.ts'
import type { LocalImages } from './local-images.ts'
import { stepsUntil } from './steps-until.ts'

/** Whether an image was taken from somebody; else it is built here. */
export function isOthers(name: string): boolean {
  return name.startsWith('sha256:')
}

/** The images that VMs are made of: those that are built here, each kept by its version, and those of others. */
export class MachineImages {
  readonly #others: LocalImages
  readonly #cacheDirectory: string
  /** Whether what would be built now is there: known once it was looked at. */
  readonly #built = new Map<string, boolean>()

  /** @param cacheDirectory where images are built and kept. */
  constructor(others: LocalImages, cacheDirectory: string) {
    this.#others = others
    this.#cacheDirectory = cacheDirectory
  }

  /**
   * By its name: `small@2026.11.28` is the one of that version, `small` the one that is built now.
   * @throws {ArmError} it is not kept.
   */
  async get(name: string, signal: AbortSignal): Promise<Image> {
    const [own, version] = name.split('@')
    if (isOthers(name)) return this.#others.require(name)
    if (version === undefined) return this.#build(own!, signal, () => {})
    const kept = keptImage(this.#cacheDirectory, own!, version)
    if (kept !== null) return kept
    throw new ArmError({
      status: 404,
      code: 'NotFound',
      message: `The image ${own} of version ${version} is not kept on this host any more.`,
      target: 'imageReference',
    })
  }

  /** Makes it where it is not there yet. @returns its exact name: what is built now may have another version. */
  async prepare(name: string, signal: AbortSignal, tell: (step: string) => void): Promise<string> {
    const [own, version] = name.split('@')
    if (isOthers(name)) this.#others.require(name)
    if (isOthers(name) || keptImage(this.#cacheDirectory, own!, version ?? '') !== null) return name
    const built = await this.#build(own!, signal, tell)
    if (version === undefined) return name
    return `${own}@${await keepVersion(this.#cacheDirectory, built)}`
  }

  /** The versions that there are of an image of ours, the oldest first, and the one that would be built now. */
  async versionsOf(name: string): Promise<readonly string[]> {
    const cacheDirectory = this.#cacheDirectory
    if (!this.#built.has(name)) this.#built.set(name, await this.#isBuilt(name))
    const kept = keptVersions(cacheDirectory, name)
    return this.#built.get(name) === true ? kept : [...kept, freeVersion(new Date(), kept)]
  }

  /** Built before by whoever, it gets its version now. */
  async #isBuilt(name: string): Promise<boolean> {
    const cacheDirectory = this.#cacheDirectory
    const built = await builtImage(name, { cacheDirectory }).catch((error) => {
      if (error instanceof ImageError) return null
      throw error
    })
    if (built !== null) await keepVersion(cacheDirectory, built)
    return built !== null
  }

  async #build(name: string, signal: AbortSignal, tell: (step: string) => void): Promise<Image> {
    const cacheDirectory = this.#cacheDirectory
    const built = await buildImage(name, { cacheDirectory, step: stepsUntil(signal, tell), signal })
    this.#built.delete(name)
    return built
  }

  /**
   * What the firmware of its machines begins with: keys that were asked for, else a unified kernel image of ours is
   * signed by a key of this installation, and others by keys of Microsoft's.
   */
  keysOf(image: Image, { signatures }: Pick<MachinePlan, 'signatures'>): SecureBootTemplate {
    if (signatures !== null) return signatures
    if (isOthers(image.name)) return this.#others.keysOf(image)
    return image.name === 'uki' ? ownSecureBootTemplate(this.#cacheDirectory) : keysFor('Linux')
  }
}
