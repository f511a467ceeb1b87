/** A VM that is to be attested. */
export interface Due {
  readonly vm: string
  /** Whose turn it is: a subscription. */
  readonly tenant: string
  /** Milliseconds since 1970. */
  readonly due: number
}

/** So much earlier than its interval says a VM may be due, so that a fleet that started together drifts apart. */
const jitterPart = 0.1

/**
 * When a VM is due again: never later than an interval after it was last asked, and up to a tenth earlier.
 * @param chance from 0 to below 1, drawn by the caller.
 */
export function nextDue(askedMs: number, intervalMs: number, chance: number): number {
  return askedMs + Math.floor(intervalMs * (1 - jitterPart * chance))
}

/**
 * Those that are due, in the order in which they are to be asked: one of each tenant in turn, of each the one that waits
 * longest, beginning with the tenant whose VM does. So who has ten thousand VMs at a minute's interval delays nobody
 * who has one.
 */
export function inFairOrder(all: readonly Due[], nowMs: number, limit: number): Due[] {
  const ready = all
    .filter(({ due }) => due <= nowMs)
    .sort((a, b) => a.due - b.due || (a.vm < b.vm ? -1 : 1))
  const queues = [...Map.groupBy(ready, ({ tenant }) => tenant).values()]
  const longest = Math.max(0, ...queues.map(({ length }) => length))
  const rounds = Array.from({ length: Math.min(longest, limit) }, (_, i) =>
    queues.flatMap((queue) => queue.slice(i, i + 1)),
  )
  return rounds.flat().slice(0, limit)
}
