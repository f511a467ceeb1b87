import { VtpmError } from './errors.ts'
import type { JournalEntry } from './journal.ts'
import { hashOf, type VtpmFolder } from './state-file.ts'

/**
 * The state, after what a killed manager left is put right: a draft that the journal already names takes
 * its place; any other draft is dropped.
 */
export async function settled(folder: VtpmFolder, entry: JournalEntry): Promise<Uint8Array> {
  const inPlace = await folder.read(folder.state)
  const draft = await folder.read(folder.draft)
  const isAhead =
    draft !== null &&
    hashOf(draft) === entry.sha256 &&
    (inPlace === null || hashOf(inPlace) !== entry.sha256)
  if (isAhead) await folder.promoteDraft()
  else await folder.removeDraft()
  const state = isAhead ? draft : inPlace
  if (state === null) throw new VtpmError('vtpm-state-missing', folder.vm, 'its state is not there')
  if (state.length === 0) throw new VtpmError('vtpm-blank', folder.vm, 'its state is empty')
  return state
}
