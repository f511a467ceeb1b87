import { rm } from 'node:fs/promises'
import { Output } from '../output.ts'
import type { ProcessIdentity } from '../process.ts'
import type { CapturedVtpm, VtpmIdentity, VtpmKeeper, VtpmPlace } from '../vtpm-port.ts'
import { checkBanks, vtpmPlace } from './creation.ts'
import { MachineError } from './errors.ts'
import type { MachineLife } from './life.ts'

/** The vTPM of one VM, if it has one: each of these in a turn of its life. */
export class MachineVtpm {
  readonly #life: MachineLife
  readonly #keeper: VtpmKeeper

  constructor(life: MachineLife, keeper: VtpmKeeper) {
    this.#life = life
    this.#keeper = keeper
  }

  /** Its place and identity. @throws {MachineError} `machine-no-vtpm` */
  required(): { place: VtpmPlace; identity: VtpmIdentity } {
    const { identity, spec } = this.#life.record
    const place = this.#place
    if (identity !== null && place !== null) return { place, identity }
    throw new MachineError('machine-no-vtpm', `${spec.id} has no vTPM`)
  }

  /** As it is on the disk; null: there is none. The VM is stopped, or stands still. @throws {VtpmError} */
  async capture(): Promise<CapturedVtpm | null> {
    return this.#place === null ? null : this.#keeper.capture(this.#place)
  }

  /** Before a start: the identity, its certificate perhaps a new one; null: there is no vTPM. */
  async check(): Promise<VtpmIdentity | null> {
    if (this.#place === null) return null
    const { place, identity } = this.required()
    const checked = await this.#keeper.check(place, identity)
    for (const note of checked.notes) this.#life.log('info', 'vtpm-note', note)
    return checked.identity
  }

  /** Its swtpm, and the pipe that it and QEMU print into; without a vTPM QEMU alone. */
  async start(): Promise<ProcessIdentity | null> {
    const place = this.#place
    if (place !== null) return this.#keeper.start(place)
    const output = await Output.makePipe(this.#life.files.output)
    output.close()
    return null
  }

  /** QEMU and swtpm are gone. */
  async stopped(orderly: boolean): Promise<void> {
    const place = this.#place
    if (place !== null) return this.#keeper.stopped(place, { orderly })
    await rm(this.#life.files.output, { force: true })
  }

  /** While stopped: on, with these banks when it never had one; or, null, off. */
  async switch(banks: VtpmPlace['banks'] | null): Promise<void> {
    const { spec, identity, kept } = this.#life.record
    if ((banks !== null) === (spec.vtpm !== null)) return
    if (spec.vtpm !== null && identity !== null) {
      const sealed = { vtpm: spec.vtpm, identity }
      return this.#life.write({ spec: { ...spec, vtpm: null }, identity: null, kept: sealed })
    }
    const vtpm = kept?.vtpm ?? { banks: banks! }
    const known = kept?.identity ?? (await this.#provision(vtpm))
    await this.#life.write({ spec: { ...spec, vtpm }, identity: known, kept: null })
  }

  /** While stopped: a new identity, of the next generation. @throws {MachineError} `machine-no-vtpm` */
  async reprovision(): Promise<VtpmIdentity> {
    const { place, identity: former } = this.required()
    const identity = await this.#keeper.reprovision(place, former)
    await this.#life.write({ identity })
    return identity
  }

  /** The first identity; what a manager made that died before it was on record is forgotten. */
  async #provision(vtpm: { banks: VtpmPlace['banks'] }): Promise<VtpmIdentity> {
    checkBanks(vtpm.banks)
    const { spec, accounts } = this.#life.record
    await this.#keeper.forget(spec.id)
    return this.#keeper.provision(
      vtpmPlace({ id: spec.id, vtpm }, this.#life.files.path, accounts)!,
    )
  }

  get #place(): VtpmPlace | null {
    const { spec, accounts } = this.#life.record
    return vtpmPlace(spec, this.#life.files.path, accounts)
  }
}
