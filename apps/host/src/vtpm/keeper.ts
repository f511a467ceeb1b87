import { join } from 'node:path'
import { CertificateAuthority } from '../certificate-authority.ts'
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
import type { Checked } from './check.ts'
import { VtpmDrafts } from './drafts.ts'
import { VtpmIdentities } from './identities.ts'
import { Journal } from './journal.ts'
import { FileKeyEncryptionKeys } from './key-encryption-key.ts'
import { VtpmRuns } from './runs.ts'
import { type Rotation, StateKeyring } from './sealing.ts'
import { isEncrypted } from './state-file.ts'

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
  const journal = await Journal.open(journalDirectory)
  return new SwtpmKeeper(new VtpmDrafts({ keys: new StateKeyring(keys), authority, journal, now }))
}

/**
 * Keeps vTPMs that are swtpm's. A state is only ever changed as a draft beside it; the journal is
 * written, then the draft takes its place. Killed at any moment, the next start finds the one or the
 * other, and knows which.
 */
export class SwtpmKeeper implements VtpmKeeper {
  readonly #drafts: VtpmDrafts
  readonly #identities: VtpmIdentities
  readonly #runs: VtpmRuns
  readonly #captures: VtpmCaptures

  constructor(drafts: VtpmDrafts) {
    this.#drafts = drafts
    this.#identities = new VtpmIdentities(drafts)
    this.#runs = new VtpmRuns(drafts)
    this.#captures = new VtpmCaptures(drafts)
  }

  /** The root of EK and AK certificates, DER. */
  get authorityRoot(): Uint8Array {
    return this.#drafts.authority.root
  }

  provision(place: VtpmPlace): Promise<VtpmIdentity> {
    return this.#identities.provision(place)
  }

  reprovision(place: VtpmPlace): Promise<VtpmIdentity> {
    return this.#identities.reprovision(place)
  }

  check(place: VtpmPlace): Promise<Pick<Checked, 'identity' | 'notes'>> {
    return this.#runs.check(place)
  }

  start(place: VtpmPlace): Promise<ProcessIdentity> {
    return this.#runs.start(place)
  }

  stopped(place: VtpmPlace, how: { orderly: boolean }): Promise<void> {
    return this.#runs.stopped(place, how)
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
    await this.#drafts.keys.make(file)
    return this.openKey(file)
  }

  async openKey(file: SealedFile): Promise<Uint8Array> {
    return (await this.#drafts.keys.open(file)).stateKey
  }

  vms(): Promise<readonly string[]> {
    return this.#drafts.journal.vms()
  }

  async forget(vm: string): Promise<void> {
    await this.#drafts.journal.forget(vm)
  }

  async starts(vm: string): Promise<VtpmStarts> {
    const { starts: index, pending, resetCount, counting } = await this.#drafts.journal.get(vm)
    return { index, pending, resetCount, counting }
  }

  async facts(place: VtpmPlace): Promise<VtpmFacts> {
    const { identity } = await this.#drafts.journal.get(place.vm)
    const folder = this.#drafts.folderOf(place)
    const state = await folder.read(folder.state)
    return { identity, stateEncrypted: state === null ? null : isEncrypted(state) }
  }

  /** Before a nonce is sent for the guest to extend the rollback index by. */
  recordIssued(vm: string, nonce: Uint8Array): Promise<void> {
    return this.#drafts.journal.recordIssued(vm, nonce)
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
    const { identity } = await this.#drafts.journal.get(vm)
    const value = verifyCertifiedIndex(rollback, identity.akPublic, nonce)
    if (value === null) return 'unverified'
    return (await this.#drafts.journal.recordAttested(vm, nonce, value)) ? 'continued' : 'diverged'
  }

  /** A new key-encryption key; wraps all VMs' keys anew. `folders` are the VMs'. */
  rotate(
    folders: readonly { vm: string; folder: string }[],
    others: readonly SealedFile[] = [],
  ): Promise<Rotation> {
    const files = [...this.#sealedFilesOf(folders), ...others]
    return this.#drafts.keys.rotate(files, () => this.#drafts.journal.vms())
  }

  /** Does what a killed rotation left undone. */
  finishRotation(
    folders: readonly { vm: string; folder: string }[],
    others: readonly SealedFile[] = [],
  ): Promise<Rotation> {
    const files = [...this.#sealedFilesOf(folders), ...others]
    return this.#drafts.keys.finishRotation(files, () => this.#drafts.journal.vms())
  }

  #sealedFilesOf(folders: readonly { vm: string; folder: string }[]): SealedFile[] {
    return folders.flatMap((each) => {
      const { key, draftKey } = this.#drafts.folderOf({ ...each, account: null })
      return [key, draftKey]
    })
  }
}
