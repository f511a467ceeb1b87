import { fromUtf8 } from '@trusted-launch/codec'
import type { Judged, Verdict } from '@trusted-launch/posture'
import type { Tables } from './store.ts'

type Kept = Pick<Verdict, 'claims' | 'evidence'>

/** So many are remembered: of each VM one is asked for again and again, and it takes long to unpack. */
const KEPT_MAX = 20_000
/** What is in an attestation's record never changes: its text, by the attestation's id, the last used at the end. */
const kept = new Map<string, string>()

/** The last verdict on a VM, with what was found beside the evidence; null: none yet. */
export async function latestVerdictOf(
  { attestations }: Pick<Tables, 'attestations'>,
  vmId: string,
): Promise<Judged | null> {
  const [newest] = await attestations.list(vmId, { limit: 1 })
  if (newest === undefined) return null
  const { id, at, tier, findings } = newest
  const known = recall(id) ?? (await read(attestations, id))
  if (known === null) return null
  return { result: { tier, findings, ...known } as unknown as Verdict, time: at }
}

function recall(id: string): Kept | null {
  const text = kept.get(id)
  if (text === undefined) return null
  kept.delete(id)
  kept.set(id, text)
  return JSON.parse(text)
}

/** Null: it was pruned meanwhile. */
async function read(attestations: Tables['attestations'], id: string): Promise<Kept | null> {
  const whole = await attestations.get(id)
  if (whole === null) return null
  const { claims, evidence } = JSON.parse(fromUtf8(whole.record)).record.result
  kept.set(id, JSON.stringify({ claims, evidence }))
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!)
  return { claims, evidence }
}
