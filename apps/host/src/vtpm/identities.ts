import { randomBytes } from 'node:crypto'
import type { VtpmIdentity, VtpmPlace } from '../vtpm-port.ts'
import type { VtpmDrafts } from './drafts.ts'
import { VtpmError } from './errors.ts'
import { type Provisioned, provision } from './provision.ts'
import { stampOf } from './rollback-index.ts'
import type { VtpmFolder } from './state-file.ts'

/** What a new identity is besides its keys. */
type Generation = Pick<VtpmIdentity, 'generation' | 'retiredAkNames'>

/** An AK retired longer ago is refused as a foreign one. */
const RETIRED_MAX = 16

/** The identities of vTPMs: a VM's first, and its next on purpose. */
export class VtpmIdentities {
  readonly #drafts: VtpmDrafts

  constructor(drafts: VtpmDrafts) {
    this.#drafts = drafts
  }

  /** @throws {VtpmError} `vtpm-exists`, `vtpm-failed` */
  async provision(place: VtpmPlace): Promise<VtpmIdentity> {
    if ((await this.#drafts.journal.find(place.vm)) !== null)
      throw new VtpmError('vtpm-exists', place.vm, 'it has one already: reprovision it on purpose')
    return this.#make(place, { generation: 1, retiredAkNames: [] }, [])
  }

  /** The VM is stopped; its former AK is refused from now on, since the record names the new one. */
  async reprovision(place: VtpmPlace): Promise<VtpmIdentity> {
    const { identity, former } = await this.#drafts.journal.get(place.vm)
    const retiredAkNames = [...identity.retiredAkNames, identity.akName].slice(-RETIRED_MAX)
    const next = { generation: identity.generation + 1, retiredAkNames }
    return this.#make(place, next, [...former, identity.ekName])
  }

  async #make(place: VtpmPlace, next: Generation, former: Uint8Array[]): Promise<VtpmIdentity> {
    const folder = this.#drafts.folderOf(place)
    await folder.makeDraft(null)
    const { identity, resetCount, value } = await this.#provisionDraft(folder, place, next)
    const sha256 = await folder.finishDraft()
    const begin = { state: 'stopped', values: [value], pending: [] } as const
    const none = { starts: [], counting: next.generation }
    const entry = { ...begin, ...none, sha256, resetCount, identity, former }
    await this.#drafts.journal.write(place.vm, entry)
    await folder.promoteDraft()
    return identity
  }

  async #provisionDraft(folder: VtpmFolder, place: VtpmPlace, next: Generation) {
    const { keys, authority, now } = this.#drafts
    const made = await keys.make(folder.draftKey)
    return this.#drafts.session<Provisioned>(folder, place, made, async (tpm) => {
      await tpm.control.init()
      const used = await tpm.control.getConfig()
      if (!used.stateEncrypted || !used.migrationEncrypted)
        throw new VtpmError('vtpm-failed', place.vm, 'swtpm does not encrypt')
      const stamp = stampOf(randomBytes(32), 'provision')
      const more = { authority, time: now(), stamp }
      return provision(tpm, { vm: place.vm, ...next, banks: place.banks, ...more })
    })
  }
}
