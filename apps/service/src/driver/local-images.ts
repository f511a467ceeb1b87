import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import type { Image } from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import { keysFor } from '../catalogue/secure-boot-templates.ts'
import type { KeptImage } from '../domain/host/images.ts'
import type { AllowedSource, Source } from '../domain/sources.ts'
import { fetchSource } from './fetch-source.ts'
import { examinedFor, ImageStore } from './image-store.ts'
import { spaceIn } from './space.ts'
import { UPLOAD_BYTES_MAX, Uploads } from './uploads.ts'
import { type OpenSealed, variableStoreIn } from './variable-store-file.ts'

/** What ends with who fetches it. */
const FETCHED = '.fetched'

/** Images of others on this host, and how their bytes come here. */
export class LocalImages {
  readonly uploads: Uploads
  /** What is taken. */
  readonly store: ImageStore
  readonly #folder: string
  readonly #allowed: readonly AllowedSource[]
  readonly #openSealed: OpenSealed

  /** @param folder on the file system of the host's state directory. What a killed process was fetching goes. */
  constructor(
    folder: string,
    allowed: readonly AllowedSource[],
    openSealed: OpenSealed = async () => null,
  ) {
    this.#folder = folder
    this.#allowed = allowed
    this.#openSealed = openSealed
    this.uploads = new Uploads(join(folder, 'uploads'))
    this.store = new ImageStore(join(folder, 'images'))
    for (const name of readdirSync(join(folder, 'uploads')))
      if (name.endsWith(FETCHED)) rmSync(join(folder, 'uploads', name))
  }

  /** Calls `use` with a source's file, which is gone afterwards unless it was uploaded. @throws {ArmError} */
  async withFile<T>(
    source: Source,
    tell: (step: string) => void,
    signal: AbortSignal,
    use: (path: string) => Promise<T>,
  ): Promise<T> {
    if (source.kind === 'upload') return use(await this.uploads.take(source.id))
    const path = join(this.#folder, 'uploads', `${randomUUID()}${FETCHED}`)
    try {
      const bytesMax = Math.min(UPLOAD_BYTES_MAX, await spaceIn(this.#folder))
      await fetchSource(source.url, path, { allowed: this.#allowed, bytesMax, tell, signal })
      return await use(path)
    } finally {
      await rm(path, { force: true })
    }
  }

  /** What is on a disk that a VM is to start from. @throws {ArmError} nothing that could. */
  look(path: string, tell: (step: string) => void, signal: AbortSignal): Promise<Examination> {
    return examinedFor(path, keysFor, tell, signal)
  }

  /** A variable store that another host kept. @throws {ArmError} it is none of OVMF's. */
  variablesIn(
    source: Source,
    tell: (step: string) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.withFile(source, tell, signal, (path) => variableStoreIn(path, this.#openSealed))
  }

  /** @throws {ArmError}; what `isKept` throws. */
  take(
    source: Source,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void> {
    return this.withFile(source, tell, signal, (path) =>
      this.store.take(path, keysFor, tell, signal, isKept),
    )
  }

  /** An image of a copy that is made for it, and gone afterwards. @throws {ArmError} */
  async takeCopy(
    copy: (to: string) => Promise<void>,
    tell: (step: string) => void,
    signal: AbortSignal,
    isKept: (kept: KeptImage) => Promise<void>,
  ): Promise<void> {
    const path = join(this.#folder, 'uploads', `${randomUUID()}${FETCHED}`)
    try {
      tell('copying the disk')
      await copy(path)
      await this.store.take(path, keysFor, tell, signal, isKept)
    } finally {
      await rm(path, { force: true })
    }
  }

  /** @throws {ArmError} it was removed. */
  require(name: string): Image {
    const image = this.store.find(name)
    if (image !== null) return image
    throw new ArmError({
      status: 404,
      code: 'NotFound',
      message: `The image ${name} is not on this host: it was removed.`,
      target: 'imageReference',
    })
  }

  /** The keys that its VMs get. */
  keysOf(image: Image): SecureBootTemplate {
    return keysFor(this.store.osTypeOf(image))
  }

  remove(name: string, isSomebodys: () => Promise<boolean>): Promise<void> {
    return this.store.erase(name, isSomebodys)
  }

  async forget(source: Source): Promise<void> {
    if (source.kind === 'upload') await this.uploads.remove(source.id)
  }
}
