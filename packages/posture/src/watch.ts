/** What is known of when a VM has to answer. Plain JSON, all times milliseconds since 1970. */
export interface Watch {
  readonly isRunning: boolean
  /** How often its host started or reset it: what its resetCount must have grown by. */
  readonly resets: number
  /** The last start or reset; null: none seen. */
  readonly lastReset: number | null
  /** The first start or reset that no answer came after; null: none. */
  readonly awaitedSince: number | null
  /** When the last question was asked that was answered with evidence; null: never. */
  readonly answered: number | null
}

/** Of a VM that nobody saw yet. */
export const NO_WATCH: Watch = Object.freeze({
  isRunning: false,
  resets: 0,
  lastReset: null,
  awaitedSince: null,
  answered: null,
})

/** What its host saw. An answer counts from when it was asked for: a reset since then is not answered by it. */
export type WatchEvent =
  | { readonly kind: 'started' | 'reset' | 'stopped'; readonly time: number }
  | { readonly kind: 'answered'; readonly asked: number }

/**
 * What is known after an event. A reset begins a deadline, whatever the guest's agent does; more of them do not put
 * it off, so a guest that resets itself over and over is silent, too. A start after a stop begins anew.
 */
export function watch(before: Watch, event: WatchEvent): Watch {
  switch (event.kind) {
    case 'started':
      return { ...resetAt(before, event.time), isRunning: true, awaitedSince: event.time }
    case 'reset': {
      const awaitedSince = before.awaitedSince ?? event.time
      return { ...resetAt(before, event.time), awaitedSince }
    }
    case 'stopped':
      return { ...before, isRunning: false }
    case 'answered': {
      const { lastReset, answered } = before
      const isOfThisBoot = lastReset === null || event.asked >= lastReset
      const latest = Math.max(answered ?? event.asked, event.asked)
      return { ...before, answered: latest, awaitedSince: isOfThisBoot ? null : lastReset }
    }
  }
}

function resetAt(before: Watch, time: number): Watch {
  return { ...before, resets: before.resets + 1, lastReset: time }
}

/** Whether a VM is silent, or by when it has to answer. */
export interface Silence {
  /** Since when an answer is awaited: a start or reset, or when it was due again. */
  readonly since: number
  readonly deadline: number
  readonly isOver: boolean
}

/** By when a running VM has to answer; null: it does not run, or nobody ever saw it start. */
export function silenceOf(
  { isRunning, awaitedSince, answered }: Watch,
  allowed: { readonly intervalMs: number; readonly silenceMs: number },
  now: number,
): Silence | null {
  const due = answered === null ? null : answered + allowed.intervalMs
  const since = awaitedSince ?? due
  if (!isRunning || since === null) return null
  const deadline = since + allowed.silenceMs
  return { since, deadline, isOver: now >= deadline }
}
