import type { Host } from '@trusted-launch/host'
import type { RestorePointDriver } from '../domain/host/restore-points.ts'
import { putBack, takePoint } from './restore-points.ts'

/** Restore points on this machine. */
export function restorePointDriver(host: Host): RestorePointDriver {
  return {
    async takeRestorePoint(asked, tell, signal) {
      tell('copying and sealing disks, variable store and vTPM')
      return takePoint(host, asked, signal)
    },

    deleteRestorePoint: (point) => host.points.remove(point),

    async restore(id, point, luns, signal) {
      return putBack(host, host.machine(id), point, luns, signal)
    },
  }
}
