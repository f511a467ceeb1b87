import { type MoreSignatures, templateWithMore } from '@trusted-launch/uefi'
import { addSignatures } from '../firmware.ts'
import { BOOT_COMPONENTS, type BootComponent } from './boot-failure.ts'
import { storeStopped } from './kept-store.ts'
import type { MachineLife } from './life.ts'
import { whetherRefused } from './refusal.ts'

/** KEK, db and dbx of a VM's firmware. */
export class MachineKeys {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  /**
   * More at the end of KEK, db and dbx, in the VM's variables and in what it is to have: what is there stays, and done
   * again it is the same. @throws {MachineError} `machine-running` @throws {UefiError} more than its firmware keeps.
   */
  add(more: MoreSignatures): Promise<void> {
    return this.#life.whileStopped(async () => {
      const { files, record } = this.#life
      const variables = addSignatures(await files.readVariables(), more)
      await files.writeVariables(variables)
      const { signatures } = record.spec
      const spec =
        signatures === null
          ? record.spec
          : { ...record.spec, signatures: templateWithMore(signatures, more) }
      await this.#life.write({ spec, store: storeStopped(variables) })
    })
  }

  /**
   * The first of what its stopped disk starts that it would refuse with these, and does not now; null: none, or it
   * can't be told. @throws {UefiError} more than its firmware keeps.
   */
  async refusesWith(more: MoreSignatures): Promise<BootComponent | null> {
    const { disk, files } = this.#life
    const former = await files.readVariables()
    const variables = addSignatures(former, more)
    for (const component of BOOT_COMPONENTS) {
      const question = { component, disk }
      if ((await whetherRefused({ ...question, variables })) !== true) continue
      if ((await whetherRefused({ ...question, variables: former })) !== true) return component
    }
    return null
  }
}
