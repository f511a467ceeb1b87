import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Null: there is none. */
export function readFileOrNull(path: string): Uint8Array | null {
  try {
    return Uint8Array.from(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** The file is the old one or the new one, whole, and on the disk once this resolves; null removes it. */
export async function writeDurably(
  path: string,
  bytes: Uint8Array | string | null,
  mode = 0o600,
): Promise<void> {
  if (bytes === null) rmSync(path, { force: true })
  else {
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  }
  await syncFolder(dirname(path))
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
