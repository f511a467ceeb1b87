import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CertificateAuthority } from '../certificate-authority.ts'
import { Output } from '../output.ts'
import type { ProcessIdentity } from '../process.ts'
import type {
  CapturedVtpm,
  SealedFile,
  VtpmFacts,
  VtpmIdentity,
  VtpmKeeper,
  VtpmPlace,
  VtpmStarts,
} from '../vtpm-port.ts'
import { VtpmCaptures } from './captures.ts'
import { type CertifiedIndex, verifyCertifiedIndex } from './certified-index.ts'
import { type Checked, check, isBlank } from './check.ts'
import { ControlError } from './control-channel.ts'
import { VtpmError } from './errors.ts'
import { Journal, type JournalEntry } from './journal.ts'
import { FileKeyEncryptionKeys } from './key-encryption-key.ts'
import { type Provisioned, provision } from './provision.ts'
import { stampOf } from './rollback-index.ts'
import { type Rotation, StateKeyring, type StateKeys } from './sealing.ts'
import { settled } from './settled.ts'
import { hashOf, isEncrypted, VtpmFolder } from './state-file.ts'
import { spawnSwtpm, TpmSession } from './swtpm.ts'

export interface VtpmKeeperOptions {
  /** Key-encryption keys and the certificate authority are in it, in `keys` and `authority`. */
  readonly stateDirectory: string
  /** Outside of the VMs' folders. */
  readonly journalDirectory: string
  /** Milliseconds since 1970; for tests of what time does. */
  readonly now?: () => number
}

/** Opens what keeps the vTPMs of one host: keys, authority, journal. All are made at first use. */
export async function openVtpmKeeper(options: VtpmKeeperOptions): Promise<SwtpmKeeper> {
  const { stateDirectory, journalDirectory, now = Date.now } = options
  const keys = await FileKeyEncryptionKeys.open(join(stateDirectory, 'keys'))
  const authority = await CertificateAuthority.open(join(stateDirectory, 'authority'), now())
  return new SwtpmKeeper({
    keys: new StateKeyring(keys),
    authority,
    journal: await Journal.open(journalDirectory),
    now,
  })
}

/** What a new identity is besides its keys. */
type Generation = Pick<VtpmIdentity, 'generation' | 'retiredAkNames'>

/** An AK retired longer ago is refused as a foreign one. */
const RETIRED_MAX = 16

interface Parts {
  readonly keys: StateKeyring
  readonly authority: CertificateAuthority
  readonly journal: Journal
  readonly now: () => number
}

/**
 * Keeps vTPMs that are swtpm's. A state is only ever changed as a draft beside it; the journal is
 * written, then the draft takes its place. Killed at any moment, the next start finds the one or the
 * other, and knows which.
 */
export class SwtpmKeeper implements VtpmKeeper {
  readonly #keys: StateKeyring
  readonly #authority: CertificateAuthority
  readonly #journal: Journal
  readonly #now: () => number
  readonly #captures: VtpmCaptures

  constructor({ keys, authority, journal, now }: Parts) {
    this.#keys = keys
    this.#authority = authority
    this.#journal = journal
    this.#now = now
    this.#captures = new VtpmCaptures({
      ...{ keys, authority, journal, now },
      folderOf: (place) => this.#folderOf(place),
      session: (...of) => this.#session(...of),
    })
  }

  /** The root of EK and AK certificates, DER. */
  get authorityRoot(): Uint8Array {
    return this.#authority.root
  }

  /** @throws {VtpmError} `vtpm-exists`, `vtpm-failed` */
  async provision(place: VtpmPlace): Promise<VtpmIdentity> {
    if ((await this.#journal.find(place.vm)) !== null)
      throw new VtpmError('vtpm-exists', place.vm, 'it has one already: reprovision it on purpose')
    return this.#make(place, { generation: 1, retiredAkNames: [] }, [])
  }

  /** The VM is stopped; its former AK is refused from now on, since the record names the new one. */
  async reprovision(place: VtpmPlace): Promise<VtpmIdentity> {
    const { identity, former } = await this.#journal.get(place.vm)
    const retiredAkNames = [...identity.retiredAkNames, identity.akName].slice(-RETIRED_MAX)
    const next = { generation: identity.generation + 1, retiredAkNames }
    return this.#make(place, next, [...former, identity.ekName])
  }

  async #make(place: VtpmPlace, next: Generation, former: Uint8Array[]): Promise<VtpmIdentity> {
    const folder = this.#folderOf(place)
    await folder.makeDraft(null)
    const { identity, resetCount, value } = await this.#provisionDraft(folder, place, next)
    const sha256 = await folder.finishDraft()
    const begin = { state: 'stopped', values: [value], pending: [] } as const
    const none = { starts: [], counting: next.generation }
    await this.#journal.write(place.vm, { ...begin, ...none, sha256, resetCount, identity, former })
    await folder.promoteDraft()
    return identity
  }

  async #provisionDraft(folder: VtpmFolder, place: VtpmPlace, next: Generation) {
    const keys = await this.#keys.make(folder.draftKey)
    return this.#session<Provisioned>(folder, place, keys, async (tpm) => {
      await tpm.control.init()
      const used = await tpm.control.getConfig()
      if (!used.stateEncrypted || !used.migrationEncrypted)
        throw new VtpmError('vtpm-failed', place.vm, 'swtpm does not encrypt')
      const stamp = stampOf(randomBytes(32), 'provision')
      const more = { authority: this.#authority, time: this.#now(), stamp }
      return provision(tpm, { vm: place.vm, ...next, banks: place.banks, ...more })
    })
  }

  /**
   * Before each start, with QEMU and swtpm gone. On refusal the state is as it was.
   * @throws {VtpmError} `vtpm-state-missing`, `vtpm-blank`, `vtpm-foreign`, `vtpm-rolled-back`,
   *   `vtpm-key-missing`, `vtpm-key-refused`, `vtpm-journal-missing`, `vtpm-journal-damaged`
   */
  async check(place: VtpmPlace): Promise<Pick<Checked, 'identity' | 'notes'>> {
    const entry = await this.#journal.get(place.vm)
    const folder = this.#folderOf(place)
    const state = await settled(folder, entry)
    await folder.makeDraft(state)
    try {
      const checked = await this.#checkDraft(folder, place, entry, state)
      const { identity, notes, resetCount, before, value } = checked
      const sha256 = await folder.finishDraft()
      const begin = { state: 'running', values: [value], pending: [] } as const
      const starts = [...entry.starts, { before, after: value }]
      const counting = entry.counting + (notes.includes('vtpm.cleared') ? 1 : 0)
      const now = { ...entry, ...begin, sha256, resetCount, identity, starts, counting }
      await this.#journal.write(place.vm, now)
      await folder.promoteDraft()
      return { identity, notes }
    } catch (e) {
      await folder.removeDraft()
      throw e
    }
  }

  async #checkDraft(
    folder: VtpmFolder,
    place: VtpmPlace,
    entry: JournalEntry,
    state: Uint8Array,
  ): Promise<Checked> {
    const known = hashOf(state) === entry.sha256
    if (!isEncrypted(state)) {
      await this.#refuseUnencrypted(folder, place)
      throw new VtpmError('vtpm-foreign', place.vm, 'a state that is not encrypted')
    }
    const stamp = stampOf(randomBytes(32), 'start')
    const more = { authority: this.#authority, time: this.#now(), stamp }
    const keys = await this.#keys.open(folder.key)
    return this.#session(folder, place, keys, (tpm) =>
      check(tpm, { vm: place.vm, entry, known, ...more }),
    )
  }

  /** Only to tell whether it is a blank one. */
  async #refuseUnencrypted(folder: VtpmFolder, place: VtpmPlace): Promise<void> {
    const blank = await this.#session(folder, place, null, async (tpm) => {
      await tpm.control.init()
      return isBlank(tpm)
    }).catch((e: unknown) => {
      if (e instanceof VtpmError && e.cause instanceof ControlError) return false
      throw e
    })
    if (blank) throw new VtpmError('vtpm-blank', place.vm, 'a state that was never provisioned')
  }

  async start(place: VtpmPlace): Promise<ProcessIdentity> {
    const folder = this.#folderOf(place)
    const keys = await this.#keys.open(folder.key)
    const sockets = { folder: folder.sockets, qemu: place.qemu }
    const output = await Output.makePipe(folder.output)
    try {
      const options = { vm: place.vm, account: place.account, stateFolder: folder.state, output }
      return await spawnSwtpm(options, keys, sockets)
    } finally {
      output.close()
    }
  }

  /** Both are gone. Only after an orderly stop the state's hash says what the next start must find. */
  async stopped(place: VtpmPlace, { orderly }: { orderly: boolean }): Promise<void> {
    const folder = this.#folderOf(place)
    await rm(folder.output, { force: true })
    if (!orderly) return
    const state = await folder.read(folder.state)
    if (state === null) return
    await folder.sync(folder.state)
    await this.#journal.recordStop(place.vm, hashOf(state))
  }

  capture(place: VtpmPlace): Promise<CapturedVtpm> {
    return this.#captures.capture(place)
  }

  restore(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity> {
    return this.#captures.restore(place, captured)
  }

  copy(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity> {
    return this.#captures.copy(place, captured)
  }

  async makeKey(file: SealedFile): Promise<Uint8Array> {
    await this.#keys.make(file)
    return this.openKey(file)
  }

  async openKey(file: SealedFile): Promise<Uint8Array> {
    return (await this.#keys.open(file)).stateKey
  }

  vms(): Promise<readonly string[]> {
    return this.#journal.vms()
  }

  async forget(vm: string): Promise<void> {
    await this.#journal.forget(vm)
  }

  async starts(vm: string): Promise<VtpmStarts> {
    const { starts: index, pending, resetCount, counting } = await this.#journal.get(vm)
    return { index, pending, resetCount, counting }
  }

  async facts(place: VtpmPlace): Promise<VtpmFacts> {
    const { identity } = await this.#journal.get(place.vm)
    const folder = this.#folderOf(place)
    const state = await folder.read(folder.state)
    return { identity, stateEncrypted: state === null ? null : isEncrypted(state) }
  }

  /** Before a nonce is sent for the guest to extend the rollback index by. */
  recordIssued(vm: string, nonce: Uint8Array): Promise<void> {
    return this.#journal.recordIssued(vm, nonce)
  }

  /**
   * What came back: the index, certified by the AK on record over that nonce. Verified here; what
   * fails is not written down.
   * @returns `continued`; `diverged` when the index does not continue the journal; `unverified` when
   *   it is not certified as it must be.
   */
  async recordAttested(
    vm: string,
    nonce: Uint8Array,
    rollback: CertifiedIndex,
  ): Promise<'continued' | 'diverged' | 'unverified'> {
    const { identity } = await this.#journal.get(vm)
    const value = verifyCertifiedIndex(rollback, identity.akPublic, nonce)
    if (value === null) return 'unverified'
    return (await this.#journal.recordAttested(vm, nonce, value)) ? 'continued' : 'diverged'
  }

  /** A new key-encryption key; wraps all VMs' keys anew. `folders` are the VMs'. */
  rotate(
    folders: readonly { vm: string; folder: string }[],
    others: readonly SealedFile[] = [],
  ): Promise<Rotation> {
    const files = [...this.#sealedFilesOf(folders), ...others]
    return this.#keys.rotate(files, () => this.#journal.vms())
  }

  /** Does what a killed rotation left undone. */
  finishRotation(
    folders: readonly { vm: string; folder: string }[],
    others: readonly SealedFile[] = [],
  ): Promise<Rotation> {
    const files = [...this.#sealedFilesOf(folders), ...others]
    return this.#keys.finishRotation(files, () => this.#journal.vms())
  }

  #folderOf({ vm, folder, account }: Pick<VtpmPlace, 'vm' | 'folder' | 'account'>): VtpmFolder {
    return new VtpmFolder(vm, folder, account, this.#keys)
  }

  #sealedFilesOf(folders: readonly { vm: string; folder: string }[]): SealedFile[] {
    return folders.flatMap((each) => {
      const { key, draftKey } = this.#folderOf({ ...each, account: null })
      return [key, draftKey]
    })
  }

  async #session<T>(
    folder: VtpmFolder,
    place: VtpmPlace,
    keys: StateKeys | null,
    use: (tpm: TpmSession) => Promise<T>,
  ): Promise<T> {
    const options = {
      ...{ vm: place.vm, account: place.account },
      ...{ stateFolder: folder.draft, logPath: folder.log },
    }
    const tpm = await TpmSession.open(options, keys)
    try {
      return await use(tpm)
    } catch (cause) {
      if (cause instanceof VtpmError) throw cause
      const message = cause instanceof Error ? cause.message : 'unknown'
      throw new VtpmError('vtpm-failed', place.vm, message, { cause })
    } finally {
      await tpm.close()
    }
  }
}
