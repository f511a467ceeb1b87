import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Output } from '../output.ts'
import type { ProcessIdentity } from '../process.ts'
import type { VtpmPlace } from '../vtpm-port.ts'
import { type Checked, check, isBlank } from './check.ts'
import { ControlError } from './control-channel.ts'
import type { VtpmDrafts } from './drafts.ts'
import { VtpmError } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import { stampOf } from './rollback-index.ts'
import { settled } from './settled.ts'
import { hashOf, isEncrypted, type VtpmFolder } from './state-file.ts'
import { spawnSwtpm } from './swtpm.ts'

/** The runs of vTPMs beside their VMs: the look before each, its swtpm, its end. */
export class VtpmRuns {
  readonly #drafts: VtpmDrafts

  constructor(drafts: VtpmDrafts) {
    this.#drafts = drafts
  }

  /**
   * Before each start, with QEMU and swtpm gone. On refusal the state is as it was.
   * @throws {VtpmError} `vtpm-state-missing`, `vtpm-blank`, `vtpm-foreign`, `vtpm-rolled-back`,
   *   `vtpm-key-missing`, `vtpm-key-refused`, `vtpm-journal-missing`, `vtpm-journal-damaged`
   */
  async check(place: VtpmPlace): Promise<Pick<Checked, 'identity' | 'notes'>> {
    const entry = await this.#drafts.journal.get(place.vm)
    const folder = this.#drafts.folderOf(place)
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
      await this.#drafts.journal.write(place.vm, now)
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
    const { keys, authority, now } = this.#drafts
    const stamp = stampOf(randomBytes(32), 'start')
    const more = { authority, time: now(), stamp }
    const opened = await keys.open(folder.key)
    return this.#drafts.session(folder, place, opened, (tpm) =>
      check(tpm, { vm: place.vm, entry, known, ...more }),
    )
  }

  /** Only to tell whether it is a blank one. */
  async #refuseUnencrypted(folder: VtpmFolder, place: VtpmPlace): Promise<void> {
    const blank = await this.#drafts
      .session(folder, place, null, async (tpm) => {
        await tpm.control.init()
        return isBlank(tpm)
      })
      .catch((e: unknown) => {
        if (e instanceof VtpmError && e.cause instanceof ControlError) return false
        throw e
      })
    if (blank) throw new VtpmError('vtpm-blank', place.vm, 'a state that was never provisioned')
  }

  async start(place: VtpmPlace): Promise<ProcessIdentity> {
    const folder = this.#drafts.folderOf(place)
    const keys = await this.#drafts.keys.open(folder.key)
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
    const folder = this.#drafts.folderOf(place)
    await rm(folder.output, { force: true })
    if (!orderly) return
    const state = await folder.read(folder.state)
    if (state === null) return
    await folder.sync(folder.state)
    await this.#drafts.journal.recordStop(place.vm, hashOf(state))
  }
}
