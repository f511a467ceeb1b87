import { switchSecureBoot } from '../firmware.ts'
import { checkNetwork, type MachineNetwork } from '../network.ts'
import { checkFirmware, checkShape, type Shape } from './creation.ts'
import { storeStopped } from './kept-store.ts'
import type { MachineLife } from './life.ts'
import type { MachineSpec, RecordedSpec } from './record.ts'

type Banks = NonNullable<MachineSpec['vtpm']>['banks']

/** What a stopped VM is to be from its next start on. Each @throws {MachineError} `machine-running` */
export class MachineSettings {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  /** Switches Secure Boot in the VM's own settings, keys kept. @throws {MachineError} `machine-bad-spec` */
  setSecureBoot(secureBoot: boolean): Promise<void> {
    return this.#life.whileStopped(async () => {
      const { files } = this.#life
      checkFirmware({ ...this.#spec, secureBoot })
      const variables = switchSecureBoot(await files.readVariables(), secureBoot)
      await files.writeVariables(variables)
      const store = storeStopped(variables)
      await this.#life.write({ spec: { ...this.#spec, secureBoot }, store })
    })
  }

  /** Other processors and memory. @throws {MachineError} `machine-bad-spec` */
  reshape({ memoryMiB, vcpus }: Shape): Promise<void> {
    return this.#life.whileStopped(async () => {
      checkShape({ memoryMiB, vcpus })
      await this.#change({ memoryMiB, vcpus })
    })
  }

  /** Generation 2, or 1 again. @throws {MachineError} `machine-bad-spec` */
  setFirmware(firmware: 'uefi' | 'bios'): Promise<void> {
    return this.#life.whileStopped(async () => {
      checkFirmware({ ...this.#spec, firmware })
      await this.#change({ firmware })
    })
  }

  /** Another network, or none. @throws {MachineError} `machine-bad-spec` */
  setNetwork(network: MachineNetwork | null): Promise<void> {
    return this.#life.whileStopped(async () => {
      if (network !== null) checkNetwork(network)
      await this.#change({ network })
    })
  }

  /**
   * Switches the vTPM off: its state stays, sealed; or on: as it was, the same identity again, or a new one
   * when there never was one. @throws {MachineError} `machine-bad-spec` @throws {VtpmError}
   */
  setVtpm(on: boolean, banks: Banks = ['sha256']): Promise<void> {
    return this.#life.whileStopped(async () => {
      const vtpm = on ? { banks } : null
      checkFirmware({ ...this.#spec, vtpm })
      await this.#life.vtpm.switch(vtpm?.banks ?? null)
    })
  }

  get #spec(): RecordedSpec {
    return this.#life.record.spec
  }

  #change(change: Partial<RecordedSpec>): Promise<void> {
    return this.#life.write({ spec: { ...this.#spec, ...change } })
  }
}
