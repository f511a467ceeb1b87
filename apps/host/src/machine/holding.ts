import type { MachineLife } from './life.ts'
import type { Held } from './record.ts'
import type { RunningMachine } from './running-machine.ts'
import type { MachineHost } from './shared.ts'

/** A VM that stands still on purpose, whoever takes it over, until its reset button is pressed or it is stopped. */
export class MachineHolding {
  readonly #life: MachineLife
  readonly #host: MachineHost

  constructor(life: MachineLife, host: MachineHost) {
    this.#life = life
    this.#host = host
  }

  /** Why it stands still; null: it does not. */
  get held(): Held | null {
    return this.#life.record.run?.held ?? null
  }

  /** It stands still from now on. */
  hold(live: RunningMachine, why: Held): Promise<void> {
    return this.#life.next(async () => {
      if (this.#life.live !== live) return
      await this.#write(why)
      await live.pause()
    })
  }

  /** It stood still while it was looked at, and goes on. */
  goOn(live: RunningMachine): Promise<void> {
    return this.#life.next(async () => {
      if (this.#life.live !== live) return
      await this.end()
      await live.resume()
    })
  }

  /** In a turn: whoever takes it over lets it run. */
  end(): Promise<void> {
    return this.#write(null)
  }

  /** It stands still until somebody stops or resets it: its guest's keys and measurements are nowhere. */
  holdLost(live: RunningMachine): void {
    this.#life.log('warning', 'vtpm-lost', 'its vTPM went away while it ran: it stands still')
    this.hold(live, 'vtpm-lost')
      .catch((e) => this.#life.log('warning', 'hold-failed', String(e)))
      .then(() => this.#host.saw(this.#life.record.spec.id, 'ended'))
  }

  /** A disk that takes nothing is no reason to let it run. */
  async #write(why: Held | null): Promise<void> {
    if (this.held === why) return
    const { held: _, ...run } = this.#life.record.run!
    await this.#life
      .write({ run: why === null ? run : { ...run, held: why } })
      .catch((e) => this.#life.log('warning', 'record-failed', String(e)))
  }
}
