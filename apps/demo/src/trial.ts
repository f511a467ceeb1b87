import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from './installation.ts'
import { demoFolder } from './paths.ts'
import type { Scenario } from './scenarios.ts'
import type { Stage } from './stage.ts'
import type { Performance } from './staged-host.ts'
import {
  appraised,
  type End,
  failed,
  NOTHING_RAISED,
  type Raised,
  refused,
  type Verdict,
  verdictOn,
} from './verdict.ts'

/** One VM's part in one scenario: from its creation to the verdict on it. */
export class Trial {
  readonly stage: Stage
  readonly #scenario: Scenario
  readonly #tell: (state: string) => void
  #end: End = failed('it was never played')
  #record: Uint8Array = new Uint8Array()
  #raised: Raised = NOTHING_RAISED

  /** @param tell what happens just now, for people. */
  constructor(stage: Stage, scenario: Scenario, tell: (state: string) => void) {
    this.stage = stage
    this.#scenario = scenario
    this.#tell = tell
  }

  /**
   * Plays the scenario to its end. Then there is a record under its name only where the last boot was
   * appraised; one that is cut short leaves the former record.
   * @throws {Error} what went wrong that was not asked for.
   */
  async play(): Promise<void> {
    const { tamper, attester, secondBoot } = this.#scenario
    const { stage, name } = this
    stage.host.prepare(name, {
      ...{ tell: this.#tell, isImpersonated: attester === 'other' },
      tamper: tamper && ((disk) => tamper(disk, stage.scratch())),
    })
    try {
      await this.boot(async () => {
        await stage.plane.create(name)
        await stage.plane.monitor(name)
      })
      await secondBoot?.(this)
      this.#raised = await stage.plane.raised(name)
    } catch (e) {
      this.#end = failed(e)
      throw e
    }
    if (this.#end.evidence === null) rmSync(this.#recordPath, { force: true })
    else replaceFile(this.#recordPath, this.#record)
  }

  /** What came of it. */
  verdict(): Verdict {
    const performance = this.#performance
    const { references = null, bootMs = 0 } = performance ?? {}
    return verdictOn(this.#scenario, this.#end, references, bootMs, this.#raised)
  }

  /** Removes its VMs. */
  async clear(): Promise<void> {
    const performance = this.#performance
    if (performance === null) return
    await this.stage.host.host.delete(`${performance.plan.id}-other`)
    await this.stage.plane.delete(this.name)
  }

  get name(): string {
    return this.#scenario.name
  }

  /** The VM as its host knows it. @throws {Error} it was not made. */
  get performance(): Performance {
    return this.stage.host.of(this.name)
  }

  /** The TPM's, in the last verdict; NaN: there was none. */
  get resetCount(): number {
    return this.#end.result?.counters?.resetCount ?? Number.NaN
  }

  tell(state: string): void {
    this.#tell(state)
  }

  /** Says more of what came of it. */
  add(told: string): void {
    this.#end = { ...this.#end, told: `${this.#end.told}; ${told}` }
  }

  /** Has the control plane do something that ends in a verdict; a refusal to start or boot is an end as well. */
  async boot(deed: () => Promise<void>): Promise<void> {
    const evenStuck = this.#scenario.expected === null
    try {
      await deed()
    } catch (e) {
      const performance = this.#performance
      const end = performance === null ? null : refused(performance, evenStuck)
      if (end === null) throw e
      this.#end = end
      return
    }
    this.#end = refused(this.performance, evenStuck) ?? (await this.#judged())
  }

  async #judged(): Promise<End> {
    const { result, record } = await this.stage.plane.verdict(this.name)
    this.#record = record
    return appraised(result, this.#recordPath)
  }

  get #performance(): Performance | null {
    try {
      return this.performance
    } catch {
      return null
    }
  }

  get #recordPath(): string {
    return join(demoFolder, `${this.name}.json`)
  }
}
