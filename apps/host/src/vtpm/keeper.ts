import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FileKeyEncryptionKeys } from './key-encryption-key.ts'
import { StateKeyring } from './sealing.ts'
import { spawnSwtpm } from './swtpm.ts'
import type { VtpmKeeper, VtpmPlace } from '../vtpm-port.ts'

export async function openVtpmKeeper(at: {
  stateDirectory: string
  journalDirectory: string
}): Promise<VtpmKeeper> {
  const keys = new StateKeyring(await FileKeyEncryptionKeys.open(join(at.stateDirectory, 'keys')))
  const sealed = ({ vm, folder }: VtpmPlace) => ({ vm, path: join(folder, 'vtpm.key') })
  const none = new Uint8Array(4)
  const ident = (vm: string, generation: number) => ({
    vm,
    generation,
    ekName: none,
    ekPublic: none,
    akName: none,
    akPublic: none,
    ekCertificate: none,
    akCertificate: none,
  })
  return {
    async provision(place) {
      const f = join(place.folder, 'vtpm')
      await mkdir(f, { mode: 0o700 })
      if (place.account) await chown(f, place.account.uid, place.account.gid)
      await keys.make(sealed(place))
      return ident(place.vm, 1)
    },
    async check(_, identity) {
      return { identity, notes: [] }
    },
    async start(place) {
      return spawnSwtpm(
        {
          vm: place.vm,
          stateFolder: join(place.folder, 'vtpm'),
          account: place.account,
          logPath: join(place.folder, 'swtpm.log'),
        },
        await keys.open(sealed(place)),
        { folder: join(place.folder, 'sockets'), qemu: place.qemu },
      )
    },
    async stopped() {},
    async reprovision(place, identity) {
      return ident(place.vm, identity.generation + 1)
    },
    async forget() {},
  }
}
