import { existsSync, readFileSync } from 'node:fs'
import { copyFile, rm } from 'node:fs/promises'
import { toUtf8 } from '@trusted-launch/codec'
import { readDurably, writeDurably } from '@trusted-launch/host'
import type { DiskFolder } from './disk-folder.ts'

const VARIABLES = '.vars'
const OS_TYPE = '.os'
const VARIABLES_BYTES_MAX = 16 << 20
/** What the names of a disk's facts end with. */
export const FACTS = [VARIABLES, OS_TYPE]

/** What is kept beside the bytes of disks: the variables and the system that a VM which takes one as its own begins with. */
export class DiskFacts {
  readonly #folder: Pick<DiskFolder, 'pathOf'>

  constructor(folder: Pick<DiskFolder, 'pathOf'>) {
    this.#folder = folder
  }

  /** Those of another disk, of the same folder or another. */
  async copy(from: DiskFacts, fromId: string, toId: string): Promise<void> {
    for (const suffix of FACTS) {
      const source = from.#folder.pathOf(fromId) + suffix
      const target = this.#folder.pathOf(toId) + suffix
      if (existsSync(source)) await copyFile(source, target)
      else await rm(target, { force: true })
    }
  }

  /** OVMF's variables, and what was found on the disk. */
  async keep(
    diskId: string,
    { variables, osType }: { variables: Uint8Array | null; osType: 'Linux' | 'Windows' },
  ): Promise<void> {
    const path = this.#folder.pathOf(diskId)
    await rm(path + VARIABLES, { force: true })
    if (variables !== null) await writeDurably(path + VARIABLES, variables, 0o600)
    await writeDurably(path + OS_TYPE, toUtf8(osType), 0o600)
  }

  /** Null: none are kept. */
  async variablesOf(diskId: string): Promise<Uint8Array | null> {
    return readDurably(this.#folder.pathOf(diskId) + VARIABLES, VARIABLES_BYTES_MAX)
  }

  osTypeOf(diskId: string): 'Linux' | 'Windows' {
    const path = this.#folder.pathOf(diskId) + OS_TYPE
    return existsSync(path) && readFileSync(path, 'utf8') === 'Windows' ? 'Windows' : 'Linux'
  }
}
