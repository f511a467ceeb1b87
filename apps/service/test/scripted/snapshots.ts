import type { SnapshotDriver } from '../../src/domain/host/snapshots.ts'
import type { Deeds, ScriptedState } from './state.ts'

/** How large a disk is that it was told nothing of. */
const DISK_BYTES = 1 << 20

/** Snapshots with the bytes of what they are taken of. */
export const snapshots: Deeds<SnapshotDriver> = {
  async takeSnapshot({ id, source }, _tell, signal) {
    await this.begin('takeSnapshot', id, signal)
    this.snapshots.set(id, source)
    this.contents.set(id, (this.contents.get(source.id) ?? new Uint8Array(DISK_BYTES)).slice())
    const holder = source.kind === 'disk' ? source.holder : null
    const isRunning = holder !== null && (await this.power(holder.machine)) === 'running'
    return { consistency: isRunning ? 'crash' : 'stopped' }
  },

  async snapshotBytes(id) {
    return contentOf(this, id).length
  },

  async readSnapshot(id, offset, length) {
    await this.begin('readSnapshot', id)
    return contentOf(this, id).slice(offset, offset + length)
  },

  async guestState(id) {
    return Buffer.from(`sealed ${id}`)
  },

  async deleteSnapshot(id) {
    await this.begin('deleteSnapshot', id)
    this.snapshots.delete(id)
    this.contents.delete(id)
  },
}

function contentOf({ contents }: ScriptedState, id: string): Uint8Array {
  const bytes = contents.get(id)
  if (bytes === undefined) throw new Error(`there is no snapshot ${id}`)
  return bytes
}
