import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArmError } from '@trusted-launch/api'
import type { Examination } from '@trusted-launch/bootchain'
import { type ImageName, withImage } from './image-file.ts'
import { FileFault, requireReadable } from './input-file.ts'
import { plain } from './plain-text.ts'
import { tableText } from './table.ts'

/** A disk image on this machine, and what it is good for. */
export interface ExaminedFile extends ImageName {
  readonly examination: Examination
}

/** Looks at a disk image as the control plane does. @throws {MalformedError} it is none that is taken. */
export async function examinedFile(path: string): Promise<ExaminedFile> {
  const { examineFile, ImageError } = await import('@trusted-launch/host')
  const { formatOf, keysFor } = await import('@trusted-launch/service')
  try {
    const format = await formatOf(path)
    const linux = await examineFile(path, format, keysFor('Linux'))
    const isLinux = linux.osType === 'Linux'
    const examination = isLinux ? linux : await examineFile(path, format, keysFor('Windows'))
    const { seen: _, ...named } = await withImage(path, () => null)
    return { ...named, examination }
  } catch (cause) {
    if (!(cause instanceof ArmError) && !(cause instanceof ImageError)) throw cause
    throw new FileFault(path, cause.message, { cause })
  }
}

/** Calls `use` with the file: itself, or fetched by https into a folder that is gone afterwards. */
export async function withFetched<T>(
  source: string,
  tell: (step: string) => void,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (!/^https?:\/\//i.test(source)) {
    requireReadable(source)
    return use(source)
  }
  const { fetchSource } = await import('@trusted-launch/service')
  const folder = await mkdtemp(join(tmpdir(), 'tl-image-'))
  try {
    const path = join(folder, 'disk')
    const { signal } = new AbortController()
    const how = { allowed: 'https' as const, bytesMax: Number.MAX_SAFE_INTEGER, tell, signal }
    await fetchSource(source, path, how)
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A report for people: each row with its reason and what to do, and what follows from all of them. */
export function textOfExamination({ rows, conclusion }: Examination, width: number): string {
  const cells = rows.map(({ what, state, reason, advice }) => [
    what,
    state,
    plain(reason) + (advice === null ? '' : `; to do: ${plain(advice)}`),
  ])
  return `${tableText(['what', '', 'why'], cells, width)}\n${plain(conclusion)}\n`
}
