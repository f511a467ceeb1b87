import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** Where the EFI system partition of our own images begins. */
const partitionOffset = 2048 * 512

/** A disk of a finished, stopped VM, about to be tampered with. Paths are from the root of its EFI system partition. */
export class VictimDisk {
  readonly #image: string

  /** @param path a raw image with the partition layout of our own guests. */
  constructor(path: string) {
    this.#image = `${path}@@${partitionOffset}`
  }

  read(file: string): Promise<Buffer> {
    return inScratch(async (scratch) => {
      await run('mcopy', ['-n', '-i', this.#image, `::/${file}`, scratch])
      return readFile(scratch)
    })
  }

  /** Puts `bytes` in the file's place, or beside all others if there is none of that name. */
  write(file: string, bytes: Uint8Array): Promise<void> {
    return inScratch(async (scratch) => {
      await writeFile(scratch, bytes)
      for (const folder of foldersOf(file))
        await run('mmd', ['-D', 's', '-i', this.#image, `::/${folder}`]).catch(() => {})
      await run('mcopy', ['-o', '-i', this.#image, scratch, `::/${file}`])
    })
  }

  async edit(
    file: string,
    change: (bytes: Buffer) => Uint8Array | Promise<Uint8Array>,
  ): Promise<void> {
    await this.write(file, await change(await this.read(file)))
  }
}

function foldersOf(file: string): string[] {
  const parts = dirname(file)
    .split('/')
    .filter((part) => part !== '.')
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

async function inScratch<T>(use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tamper-'))
  try {
    return await use(join(folder, 'file'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
