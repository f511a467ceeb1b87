import { keyOf } from '@trusted-launch/api'
import type { Proofs, Store } from './store.ts'

/** How often and how lately VMs of a subscription proved themselves, at one moment. */
export interface ProofSample {
  /** ms since 1970 */
  readonly at: number
  /** VMs that are asked again. */
  readonly asked: number
  /** Of these, who answered since the sample before. */
  readonly proved: number
  /** How old the newest proof of a VM was, ms: at most, and on the average; null: none proved anything yet. */
  readonly oldest: number | null
  readonly average: number | null
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** So long samples are kept. */
export const PROOFS_KEPT_MS = 24 * HOUR_MS

const nameOf = (subscriptionId: string, hour: number) => `proofs/${keyOf(subscriptionId)}/${hour}`

/** Notes how VMs stand now: once a minute, by whoever asks them. An hour's samples are one value. */
export async function noteProofs(store: Store, now: number): Promise<void> {
  for (const one of await store.proofs(now - MINUTE_MS)) {
    const name = nameOf(one.subscriptionId, Math.floor(now / HOUR_MS))
    const samples = [...(await samplesNamed(store, name)), sampleOf(one, now)]
    const bytes = new TextEncoder().encode(JSON.stringify(samples))
    await store.values.put(name, bytes, now + PROOFS_KEPT_MS + HOUR_MS)
  }
}

/** Those of a subscription after a moment, and how it stands now: the oldest first. */
export async function proofSamples(
  store: Store,
  subscriptionId: string,
  after: number,
  now: number,
): Promise<readonly ProofSample[]> {
  const kept: ProofSample[] = []
  const first = Math.max(after, now - PROOFS_KEPT_MS)
  for (let hour = Math.floor(first / HOUR_MS); hour <= Math.floor(now / HOUR_MS); hour++)
    kept.push(...(await samplesNamed(store, nameOf(subscriptionId, hour))))
  const since = kept.at(-1)?.at ?? now - MINUTE_MS
  const standing = await store.proofs(since)
  const own = standing.find((one) => keyOf(one.subscriptionId) === keyOf(subscriptionId))
  if (own !== undefined) kept.push(sampleOf(own, now))
  return kept.filter(({ at }) => at > first)
}

function sampleOf({ asked, proved, oldest, average }: Proofs, at: number): ProofSample {
  const ageOf = (time: number | null) => (time === null ? null : Math.max(0, at - time))
  return { at, asked, proved, oldest: ageOf(oldest), average: ageOf(average) }
}

async function samplesNamed({ values }: Store, name: string): Promise<readonly ProofSample[]> {
  const bytes = await values.get(name)
  return bytes === null ? [] : JSON.parse(new TextDecoder().decode(bytes))
}
