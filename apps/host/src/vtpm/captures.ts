import { randomBytes } from 'node:crypto'
import { equalBytes } from '@trusted-launch/codec'
import type { CapturedVtpm, VtpmIdentity, VtpmPlace } from '../vtpm-port.ts'
import { check } from './check.ts'
import type { VtpmDrafts } from './drafts.ts'
import { VtpmError } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import { stampOf } from './rollback-index.ts'
import { split } from './sealing.ts'
import { settled } from './settled.ts'
import { hashOf, isEncrypted, type VtpmFolder } from './state-file.ts'

/** What came of a captured state: what its index holds now, and the journal's entry, its history left out. */
interface Put {
  readonly value: Uint8Array
  readonly entry: Omit<JournalEntry, 'starts' | 'counting' | 'former'>
}

/** vTPMs as they were at one moment: taken, put back, made another VM's. */
export class VtpmCaptures {
  readonly #drafts: VtpmDrafts

  constructor(drafts: VtpmDrafts) {
    this.#drafts = drafts
  }

  /** @throws {VtpmError} `vtpm-state-missing`, `vtpm-foreign`, `vtpm-rolled-back`, `vtpm-key-missing`, … */
  async capture(place: VtpmPlace): Promise<CapturedVtpm> {
    const entry = await this.#drafts.journal.get(place.vm)
    const folder = this.#drafts.folderOf(place)
    const state = await settled(folder, entry)
    if (!isEncrypted(state))
      throw new VtpmError('vtpm-foreign', place.vm, 'a state that is not encrypted')
    if (entry.state === 'stopped' && hashOf(state) !== entry.sha256)
      throw new VtpmError('vtpm-rolled-back', place.vm, 'not the state that was left')
    const { identity, resetCount } = entry
    return { identity, state, keys: await this.#drafts.keys.read(folder.key), resetCount }
  }

  async restore(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity> {
    const entry = await this.#drafts.journal.get(place.vm)
    const { generation, ekName, retiredAkNames } = entry.identity
    if (
      captured.identity.generation !== generation ||
      !equalBytes(captured.identity.ekName, ekName)
    )
      throw new VtpmError('vtpm-rolled-back', place.vm, 'the state of a former generation')
    const identity = { ...captured.identity, retiredAkNames }
    return this.#put(place, { ...captured, identity }, (put) => {
      const reverted = { before: entry.values.at(-1)!, after: put.value, reverted: true }
      const starts = [...entry.starts, reverted]
      return { ...entry, ...put.entry, starts, counting: entry.counting + 1 }
    })
  }

  async copy(place: VtpmPlace, captured: CapturedVtpm): Promise<VtpmIdentity> {
    if ((await this.#drafts.journal.find(place.vm)) !== null)
      throw new VtpmError('vtpm-exists', place.vm, 'it has one already')
    const counting = captured.identity.generation
    return this.#put(place, captured, (put) => ({
      ...put.entry,
      ...{ starts: [], former: [], counting },
    }))
  }

  /** A captured state as a draft, once it was looked at; the journal; then it takes the state's place. */
  async #put(
    place: VtpmPlace,
    captured: CapturedVtpm,
    entryOf: (put: Put) => JournalEntry,
  ): Promise<VtpmIdentity> {
    const folder = this.#drafts.folderOf(place)
    const before = await this.#drafts.journal.find(place.vm)
    // What a killed manager left is put right first: on a refusal it must be there as it was.
    if (before !== null) await settled(folder, before).catch(ignoreLost)
    await folder.makeDraft(captured.state)
    try {
      await this.#drafts.keys.put(folder.draftKey, captured.keys)
      const put = await this.#checkCaptured(folder, place, captured)
      const entry = entryOf({ ...put, entry: { ...put.entry, sha256: await folder.finishDraft() } })
      await this.#drafts.journal.write(place.vm, entry)
      await folder.promoteDraft()
      return entry.identity
    } catch (e) {
      await folder.removeDraft()
      throw e
    }
  }

  /** Held against what it was captured with; extended, so that it is no state that there was before. */
  async #checkCaptured(
    folder: VtpmFolder,
    place: VtpmPlace,
    { identity, state, keys, resetCount }: CapturedVtpm,
  ): Promise<Put> {
    if (!isEncrypted(state))
      throw new VtpmError('vtpm-foreign', place.vm, 'a state that is not encrypted')
    const none = { values: [new Uint8Array(32)], pending: [], starts: [], former: [] }
    const sha256 = hashOf(state)
    const entry: JournalEntry = {
      ...{ state: 'stopped', ...none, sha256, identity, resetCount, counting: 0 },
    }
    const { authority, now } = this.#drafts
    const stamp = stampOf(randomBytes(32), 'restore')
    const more = { authority, time: now(), stamp }
    const checked = await this.#drafts.session(folder, place, split(keys), (tpm) =>
      check(tpm, { vm: place.vm, entry, known: true, ...more }),
    )
    const { value, identity: is } = checked
    return {
      value,
      entry: {
        ...{ state: 'stopped', sha256, values: [value], pending: [] },
        ...{ resetCount: checked.resetCount, identity: is },
      },
    }
  }
}

/** It is gone, and another takes its place. */
function ignoreLost(e: unknown): void {
  if (!(e instanceof VtpmError)) throw e
}
