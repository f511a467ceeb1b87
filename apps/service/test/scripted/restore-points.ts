import type { RestorePointDriver } from '../../src/domain/host/restore-points.ts'
import type { Deeds } from './state.ts'

/** Restore points that hold what was asked for, and no bytes. */
export const restorePoints: Deeds<RestorePointDriver> = {
  async takeRestorePoint(asked, _tell, signal) {
    await this.begin('takeRestorePoint', asked.point, signal)
    this.points.set(asked.point, asked)
    const isRunning = (await this.power(asked.machine)) === 'running'
    return { consistency: isRunning ? 'crash' : 'stopped', generation: 1 }
  },

  async deleteRestorePoint(point) {
    await this.begin('deleteRestorePoint', point)
    this.points.delete(point)
  },

  async restore(id, point, luns) {
    await this.begin('restore', id)
    this.restored.push({ id, point, luns })
  },
}
