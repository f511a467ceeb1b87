import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Replacement } from './options.ts'
import type { Scenario } from './scenarios.ts'
import { VictimDisk } from './tamper.ts'

/** Something was asked for that can't be done, whatever the VMs do. */
export class UsageError extends Error {}

/** A replacement, its bytes in hand. */
interface Held {
  readonly file: string
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * The scenario of the user's own. Each file is put into a copy of the image in `scratch` first, so that what
 * can't be done is known before there is a VM.
 * @throws {UsageError}
 */
export async function ownScenario(
  replacements: readonly Replacement[],
  image: string,
  scratch: string,
): Promise<Scenario> {
  const held = replacements.map(({ file, path }) => ({ file, path, bytes: readWhole(path, image) }))
  const copy = join(scratch, 'rehearsal.raw')
  copyFileSync(image, copy)
  const disk = new VictimDisk(copy)
  const done: string[] = []
  for (const each of held) done.push(await rehearse(disk, each))
  rmSync(copy)
  return {
    name: 'tampered',
    story: `on the disk, ${done.join('; ')}`,
    expected: null,
    target: held.map(({ file }) => file).join(', '),
    async tamper(victim) {
      for (const { file, bytes } of held) await victim.write(file, bytes)
    },
  }
}

/** No file larger than the whole disk is read. */
function readWhole(path: string, image: string): Uint8Array {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) throw new UsageError(`${path} is not a file`)
    if (facts.size > statSync(image).size) throw new UsageError(`${path} does not fit on the disk`)
    return new Uint8Array(readFileSync(path))
  } catch (e) {
    if (e instanceof UsageError) throw e
    const { code } = e as NodeJS.ErrnoException
    const reasons: Record<string, string> = { ENOENT: 'no such file', EACCES: 'permission denied' }
    throw new UsageError(`${path} can't be read: ${reasons[code ?? ''] ?? code}`)
  }
}

/** What it does to the disk, in words. */
async function rehearse(disk: VictimDisk, { file, path, bytes }: Held): Promise<string> {
  const before = await disk.look(file)
  if (before === 'folder') throw new UsageError(`${file} is a folder of the guest's disk`)
  const same = before === 'file' && Buffer.compare(await disk.read(file), bytes) === 0
  try {
    await disk.write(file, bytes)
    if (Buffer.compare(await disk.read(file), bytes) !== 0)
      throw new Error('it reads back otherwise')
  } catch (e) {
    const isFull = /disk full/i.test((e as Error).message)
    if (isFull) throw new UsageError(`${path} (${bytes.length} bytes) does not fit on the disk`)
    throw new UsageError(`${file} can't be written there: ${lastLine((e as Error).message)}`)
  }
  if (before === 'nothing') return `${file} was added`
  return `${file} was replaced${same ? ' by the very same bytes' : ''}`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)!
}
