import type { SnapshotDriver } from '../domain/host/snapshots.ts'
import type { LocalParts } from './local-parts.ts'
import { writeFromPoint } from './restore-points.ts'

/** Snapshots on this machine. */
export function snapshotDriver({ host, snapshots }: LocalParts): SnapshotDriver {
  const { files } = snapshots
  return {
    async takeSnapshot({ id, source }, tell, signal) {
      tell('copying the disk')
      if (source.kind === 'restorePoint') {
        await writeFromPoint(host, files, { ...source, to: id }, signal)
        return { consistency: 'stopped' }
      }
      return snapshots.take(id, source, signal)
    },

    snapshotBytes: (id) => files.bytesOf(id),

    readSnapshot: (id, offset, length) => files.read(id, offset, length),

    async guestState(id) {
      const variables = await files.facts.variablesOf(id)
      return variables === null ? null : host.guestStates.seal(variables)
    },

    async deleteSnapshot(id) {
      files.remove(id)
    },
  }
}
