import { ArmError } from '@trusted-launch/api'

const PER_MINUTE = 6
const MINUTE_MS = 60_000
const VMS_MAX = 10_000

/** How often a VM may be asked to prove itself: each time its TPM signs, and its guest reads its logs. Kept in memory. */
export class AttestRate {
  readonly #now: () => number
  readonly #asked = new Map<string, number[]>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Counts a question. @throws {ArmError} 429: it may not be asked yet. */
  require(vmId: string): void {
    const waitMs = this.#ask(vmId)
    if (waitMs === 0) return
    const seconds = Math.ceil(waitMs / 1000)
    const message = `A virtual machine is attested at most six times a minute. Try again in ${seconds} seconds.`
    throw new ArmError({ status: 429, code: 'TooManyRequests', message })
  }

  /** Counts a question, if it may be asked. @returns 0, or the milliseconds until it may. */
  #ask(vmId: string): number {
    const now = this.#now()
    const before = (this.#asked.get(vmId) ?? []).filter((at) => now - at < MINUTE_MS)
    if (before.length >= PER_MINUTE) return before[0]! + MINUTE_MS - now
    this.#asked.delete(vmId)
    this.#asked.set(vmId, [...before, now])
    if (this.#asked.size > VMS_MAX) this.#asked.delete(this.#asked.keys().next().value as string)
    return 0
  }
}
