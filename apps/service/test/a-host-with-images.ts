import { join } from 'node:path'
import type { Leftover, NamedFile } from '../src/domain/host/leftovers.ts'
import { leftoversOn } from '../src/driver/leftovers.ts'
import { LocalImages } from '../src/driver/local-images.ts'
import { ScriptedHost } from './scripted/host.ts'

/** Where whoever drives the host is to end, in the middle of what it does with an image. */
export type End = 'uploaded' | 'kept' | 'recorded' | 'asked' | 'gone'

/** A scripted host whose images and uploads are real files below a folder. */
export class HostWithImages extends ScriptedHost {
  readonly #images: LocalImages
  readonly #reached: (at: End) => void
  readonly #olderMs: number

  /** @param olderMs how much longer ago than it was everything changed. */
  constructor(folder: string, reached: (at: End) => void = () => {}, olderMs = 0) {
    super()
    this.#images = new LocalImages(join(folder, 'images'), [])
    this.#reached = reached
    this.#olderMs = olderMs
  }

  override writeUpload(id: string, piece: Uint8Array, offset: number, size: number): Promise<void> {
    return this.#images.uploads.write(id, piece, offset, size)
  }

  override takeImage(...[source, tell, signal, isKept]: Parameters<ScriptedHost['takeImage']>) {
    if (source.kind !== 'upload') throw new Error('uploads alone')
    const told = (step: string) => {
      this.#reached('uploaded')
      tell(step)
    }
    return this.#images.take(source, told, signal, async (kept) => {
      this.#reached('kept')
      await isKept(kept)
      this.#reached('recorded')
    })
  }

  override async removeImage(name: string, isSomebodys: () => Promise<boolean>): Promise<void> {
    await this.#images.remove(name, async () => {
      const isUsed = await isSomebodys()
      this.#reached('asked')
      return isUsed
    })
    this.#reached('gone')
  }

  override forgetSource(source: Parameters<ScriptedHost['forgetSource']>[0]): Promise<void> {
    return this.#images.forget(source)
  }

  override async leftovers(named: () => AsyncIterable<NamedFile>): Promise<readonly Leftover[]> {
    const found = await leftoversOn([this.#images.store], named)
    return found.map((file) => ({ ...file, changedAt: file.changedAt - this.#olderMs }))
  }

  override removeLeftover(file: Leftover, isSomebodys: () => Promise<boolean>): Promise<boolean> {
    const changedAt = file.changedAt + this.#olderMs
    return this.#images.store.remove({ ...file, changedAt }, isSomebodys)
  }
}
