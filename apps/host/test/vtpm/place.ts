import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { execute, NV_Read, NV_ReadPublic, TPM_RH } from '@trusted-launch/tpm2'
import { openVtpmKeeper, type SwtpmKeeper } from '../../src/vtpm/keeper.ts'
import { FileKeyEncryptionKeys } from '../../src/vtpm/key-encryption-key.ts'
import { StateKeyring } from '../../src/vtpm/sealing.ts'
import { STATE_FILE } from '../../src/vtpm/state-file.ts'
import { TpmSession } from '../../src/vtpm/swtpm.ts'
import type { VtpmPlace } from '../../src/vtpm-port.ts'

/** A host's folders for one test, gone afterwards. */
export class Place {
  readonly root: string
  keeper!: SwtpmKeeper

  private constructor(root: string) {
    this.root = root
  }

  static async make(t: TestContext, now?: () => number): Promise<Place> {
    const place = new Place(mkdtempSync(join(tmpdir(), 'tl-vtpm-')))
    t.after(() => rmSync(place.root, { recursive: true, force: true }))
    await place.open(now)
    return place
  }

  /** As a manager that starts. */
  async open(now: () => number = Date.now): Promise<void> {
    const { stateDirectory, journalDirectory } = this
    this.keeper = await openVtpmKeeper({ stateDirectory, journalDirectory, now })
  }

  get stateDirectory(): string {
    return join(this.root, 'state')
  }

  get journalDirectory(): string {
    return join(this.root, 'journal')
  }

  of(vm: string): VtpmPlace {
    const folder = join(this.root, 'vms', vm)
    mkdirSync(folder, { recursive: true })
    return { vm, folder, account: null, qemu: null, banks: ['sha256'] }
  }

  statePath(vm: string): string {
    return join(this.of(vm).folder, 'vtpm', STATE_FILE)
  }

  readState(vm: string): Buffer {
    return readFileSync(this.statePath(vm))
  }

  writeState(vm: string, state: Uint8Array): void {
    writeFileSync(this.statePath(vm), state)
  }

  /** A copy of the VM's whole folder; the function puts it back. */
  copyFolder(vm: string): () => void {
    const { folder } = this.of(vm)
    const copy = mkdtempSync(join(this.root, 'copy-'))
    cpSync(folder, copy, { recursive: true })
    return () => {
      rmSync(folder, { recursive: true })
      cpSync(copy, folder, { recursive: true })
    }
  }

  /** The TPM as the guest has it: with the VM's keys, over the state itself. Not ended in order. */
  async session(vm: string): Promise<TpmSession> {
    const keys = new StateKeyring(
      await FileKeyEncryptionKeys.open(join(this.stateDirectory, 'keys')),
    )
    const { folder, account } = this.of(vm)
    const key = await keys.open({ vm, path: join(folder, 'vtpm.key') })
    const options = { vm, account, stateFolder: join(folder, 'vtpm'), logPath: join(folder, 'log') }
    const session = await TpmSession.open(options, key)
    await session.control.init()
    return session
  }
}

/** What an index of certificates holds, as the TPM's owner reads it. */
export async function readNv(tpm: TpmSession, nvIndex: number): Promise<Buffer> {
  const size = (await execute(tpm, NV_ReadPublic, { nvIndex })).nvPublic.dataSize
  const asked = { authHandle: TPM_RH.OWNER, nvIndex, size, offset: 0 }
  return Buffer.from((await execute(tpm, NV_Read, asked)).data)
}
