import type { Filled, Filling } from '../domain/host/disks.ts'
import type { DiskSource } from '../domain/sources.ts'
import type { DiskFiles } from './disk-files.ts'
import type { LocalImages } from './local-images.ts'
import { acceptSent } from './sent-file.ts'

type Copied = Exclude<DiskSource, { kind: 'restorePoint' }>

/**
 * Gives a new disk its bytes, and keeps what a VM that takes it as its own begins with; done again it is the same.
 * @param images how a source's bytes come here. @throws {ArmError} no disk file, larger than asked for, or no room.
 */
export async function fillDisk(
  files: DiskFiles,
  images: LocalImages,
  snapshots: DiskFiles,
  {
    diskId,
    source,
    variables,
    sizeGib: asked,
    isSystem,
    sent = null,
  }: Filling & { source: Copied },
  tell: (step: string) => void,
  signal: AbortSignal,
): Promise<Filled> {
  if (source.kind === 'disk') {
    const sizeGib = await files.copy(source.id, diskId, asked!, signal)
    return { sizeGib, examination: null }
  }
  if (source.kind === 'snapshot') {
    await files.copyFrom(snapshots.require(source.id), diskId, signal)
    await files.facts.copy(snapshots.facts, source.id, diskId)
    return { sizeGib: asked!, examination: null }
  }
  return images.withFile(source, tell, signal, async (path) => {
    if (sent !== null) await acceptSent(path, sent, tell, signal)
    const examination = isSystem ? await images.look(path, tell, signal) : null
    const store = variables === null ? null : await images.variablesIn(variables, tell, signal)
    tell('making the disk')
    const sizeGib = await files.take(path, diskId, asked, signal)
    const osType = examination?.osType ?? 'Linux'
    await files.facts.keep(diskId, { variables: store, osType })
    return { sizeGib, examination }
  })
}
