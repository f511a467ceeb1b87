import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The files of managed disks: each found by the id of its resource, made empty when first attached. */
export class DiskFiles {
  readonly #folder: string

  /** @param folder on the file system of the host's state directory. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
  }

  /** @param diskId in any case of letters. */
  pathOf(diskId: string): string {
    const name = createHash('sha256').update(diskId.toLowerCase()).digest('hex').slice(0, 32)
    return join(this.#folder, `${name}.qcow2`)
  }

  /** Made empty where there is none; one that is cut short is made again. */
  async ensure(diskId: string, sizeGiB: number): Promise<string> {
    const path = this.pathOf(diskId)
    if (existsSync(path)) return path
    const unfinished = `${path}.new`
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', unfinished, `${sizeGiB}G`])
    renameSync(unfinished, path)
    return path
  }

  remove(diskId: string): void {
    for (const suffix of ['', '.new']) rmSync(this.pathOf(diskId) + suffix, { force: true })
  }
}
