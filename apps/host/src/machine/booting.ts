import type { AgentInfo } from '@trusted-launch/channel'
import type { BootComponent } from './boot-failure.ts'
import { BootWait, type BootWays } from './boot-wait.ts'
import type { MachineLife } from './life.ts'
import { whetherRefused } from './refusal.ts'
import type { RunningMachine } from './running-machine.ts'

/** A VM that comes up, or shows why it does not. */
export class MachineBooting {
  readonly #life: MachineLife

  constructor(life: MachineLife) {
    this.#life = life
  }

  async waitForAgent(timeoutMs: number): Promise<AgentInfo> {
    await this.#life.takingOver.again()
    const live = this.#life.running()
    const ways: BootWays = {
      confirm: (component) => this.#confirm(live, component),
      hold: (why) => this.#life.holding.hold(live, why),
      held: this.#life.holding.held,
    }
    return new BootWait(live, ways).agent(timeoutMs)
  }

  /** Stops the VM, looks at the disk, and lets the VM go on when the console said what is not so. */
  async #confirm(live: RunningMachine, component: BootComponent): Promise<boolean | null> {
    await live.pause()
    const { disk, files } = this.#life
    const variables = await files.readVariables()
    const refused = await whetherRefused({ component, disk, variables })
    if (refused !== false) {
      await this.#life.holding.hold(live, 'refused')
      return refused
    }
    const said = `the console says that the ${component} was refused; disk and variables say otherwise`
    this.#life.log('info', 'violation-refuted', said)
    await this.#life.holding.goOn(live)
    return false
  }
}
