import { buildImage, type Image, ownSecureBootTemplate } from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import { keysFor, type LocalImages } from './local-images.ts'
import { stepsUntil } from './steps-until.ts'

/** Whether an image was taken from somebody; else it is built here. */
export function isOthers(name: string): boolean {
  return name.startsWith('sha256:')
}

/** The images that VMs are made of: those that are built here, and those of others. */
export class MachineImages {
  readonly #others: LocalImages
  readonly #cacheDirectory: string

  /** @param cacheDirectory where images are built and kept. */
  constructor(others: LocalImages, cacheDirectory: string) {
    this.#others = others
    this.#cacheDirectory = cacheDirectory
  }

  /** By its name; built where it is not there yet. @throws {ArmError} it was removed. */
  async get(name: string, signal: AbortSignal, tell = (_: string) => {}): Promise<Image> {
    if (isOthers(name)) return this.#others.require(name)
    const cacheDirectory = this.#cacheDirectory
    return buildImage(name, { cacheDirectory, step: stepsUntil(signal, tell), signal })
  }

  /** A unified kernel image of ours is signed by a key of this installation; others by keys of Microsoft's. */
  keysOf(image: Image): SecureBootTemplate {
    if (isOthers(image.name)) return this.#others.keysOf(image)
    return image.name === 'uki' ? ownSecureBootTemplate(this.#cacheDirectory) : keysFor('Linux')
  }
}
