import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A signed PE image without its signature (sbattach, of sbsigntool). */
export async function withoutSignature(image: Uint8Array): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'forgery-'))
  try {
    const path = join(folder, 'image.efi')
    await writeFile(path, image)
    await promisify(execFile)('sbattach', ['--remove', path])
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
