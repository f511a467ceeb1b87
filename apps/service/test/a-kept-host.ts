import { join } from 'node:path'
import { FileMap } from '../../../bench/kills-host.ts'
import type { Filling } from '../src/domain/host/disks.ts'
import type { AskedRestorePoint } from '../src/domain/host/restore-points.ts'
import type { SnapshotSource } from '../src/domain/host/snapshots.ts'
import { ScriptedHost } from './scripted/host.ts'

/** Names of files hold no slash. */
class Kept<V> extends FileMap<V> {
  override set(name: string, value: V): this {
    return super.set(encodeURIComponent(name), value)
  }
  override delete(name: string): boolean {
    return super.delete(encodeURIComponent(name))
  }
  override has(name: string): boolean {
    return super.has(encodeURIComponent(name))
  }
}

/** A scripted host that outlives who drives it: its VMs, restore points, and which disks were given bytes. */
export class KeptHost extends ScriptedHost {
  override readonly points: Map<string, AskedRestorePoint>
  override readonly filled: Map<string, Filling>
  override readonly snapshots: Map<string, SnapshotSource>

  constructor(folder: string) {
    super({}, new FileMap(join(folder, 'machines')))
    this.points = new FileMap(join(folder, 'points'))
    this.filled = new Kept(join(folder, 'filled'))
    this.snapshots = new Kept(join(folder, 'snapshots'))
  }
}

/** `before create`, `after create`: where whoever drives the host ends, at the first deed of that name. */
export function endingAt(host: KeptHost, end: string, kill: () => void): KeptHost {
  const [when, deed] = end.split(' ')
  return new Proxy(host, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (name !== deed) return member.bind(target)
      return async (...given: unknown[]) => {
        if (when === 'before') kill()
        const result = await member.apply(target, given)
        kill()
        return result
      }
    },
  })
}
