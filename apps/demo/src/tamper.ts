import { readFile } from 'node:fs/promises'
import { openBootDisk } from '@trusted-launch/bootchain'
import { fromBytes } from '@trusted-launch/disk'
import { putIntoEsp } from '@trusted-launch/host'

/** The raw disk of a stopped VM, about to be tampered with. Paths are from the root of its EFI system partition. */
export class VictimDisk {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** What is there of that name. */
  async look(file: string): Promise<'file' | 'folder' | 'nothing'> {
    const entry = (await this.#open()).esp.find(file)
    if (entry === null) return 'nothing'
    return entry.isDirectory ? 'folder' : 'file'
  }

  /** A file's bytes. @throws {Error} there is no such file. */
  async read(file: string): Promise<Buffer> {
    const found = (await this.#open()).find(file)
    if (found === null) throw new Error(`${file}: not on the disk`)
    return Buffer.from(found.bytes)
  }

  /** Puts `bytes` in the file's place, or makes the file. @throws {ImageError} e.g. the disk is full. */
  async write(file: string, bytes: Uint8Array): Promise<void> {
    await putIntoEsp(this.#path, new Map([[file, bytes]]))
  }

  async edit(
    file: string,
    change: (bytes: Buffer) => Uint8Array | Promise<Uint8Array>,
  ): Promise<void> {
    await this.write(file, await change(await this.read(file)))
  }

  async #open() {
    return openBootDisk(fromBytes(new Uint8Array(await readFile(this.#path))))
  }
}
