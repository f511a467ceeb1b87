import { randomUUID } from 'node:crypto'

/** How often a VM started anew, as far as somebody listened all the time. */
export interface SeenResets {
  /** Since its launch: then it was heard from its first instruction on. Else since somebody took it over, or heard again. */
  readonly since: 'launch' | string
  readonly count: number
}

/** What was heard of the boots of a VM while it runs. */
export class RunningBoots {
  #portOpen = false
  #number = 0
  #resets = 0
  #answered = false
  #seen: SeenResets = { since: randomUUID(), count: 0 }

  /** Whether the agent has opened its port. */
  get portOpen(): boolean {
    return this.#portOpen
  }

  /** Counts up with each boot, ours and the guest's. */
  get number(): number {
    return this.#number
  }

  /** How often the guest started anew by itself since its agent answered, or since it was started. */
  get resets(): number {
    return this.#resets
  }

  /** All that was heard since its launch, or since it was taken over. */
  get seen(): SeenResets {
    return this.#seen
  }

  /** Whether the agent answered in this boot: then the console says no more why there is none. */
  get answered(): boolean {
    return this.#answered
  }

  /** It has not begun to run: from now on each reset is heard. */
  launched(): void {
    this.#seen = { since: 'launch', count: 0 }
  }

  agentAnswered(): void {
    this.#answered = true
    this.#resets = 0
  }

  /** @returns whether it was closed before, and is open now. */
  heardPort(isOpen: boolean): boolean {
    const opens = isOpen && !this.#portOpen
    this.#portOpen = isOpen
    return opens
  }

  heardReset({ byGuest }: { byGuest: boolean }): void {
    if (byGuest) this.#resets++
    this.#seen = { ...this.#seen, count: this.#seen.count + 1 }
  }

  /** Somebody pressed its reset button, which is no loop. */
  wasReset(): void {
    this.#resets = 0
  }

  /** Nobody listened for a while. */
  missed(): void {
    this.#seen = { since: randomUUID(), count: 0 }
  }

  /** Another boot: nothing of the one before is so any more. */
  turn(): void {
    this.#number++
    this.#answered = false
    this.#portOpen = false
  }
}
