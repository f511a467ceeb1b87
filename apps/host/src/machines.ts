import { type Accounts, accountsOf, allocateAccounts } from './accounts.ts'
import { MachineError } from './machine/errors.ts'
import { Machine } from './machine/machine.ts'
import type { MachineSpec } from './machine/record.ts'
import type { MachineHost } from './machine/shared.ts'
import type { StateDirectory } from './state-directory.ts'
import { nestedVirtualization, virtualizationFor } from './windows.ts'

interface Damaged {
  readonly error: unknown
  readonly accounts: Accounts
  removal?: Promise<void>
}

/** The VMs of a state directory: adopted, made, found, removed. */
export class Machines {
  readonly #state: StateDirectory
  readonly #shared: MachineHost
  readonly #machines = new Map<string, Machine>()
  /** VMs whose record cannot be read: left as they are, until they are deleted. */
  readonly #damaged = new Map<string, Damaged>()
  /** Being made: their accounts are taken already. */
  readonly #pending = new Set<{ readonly accounts: Accounts }>()

  constructor(state: StateDirectory, shared: MachineHost) {
    this.#state = state
    this.#shared = shared
  }

  /** Takes over all that are there. */
  async adopt(): Promise<void> {
    await Promise.all(this.#state.vms().map((id) => this.#adopt(id)))
  }

  /** One VM that cannot be read or asked is no reason to leave the others. */
  async #adopt(id: string): Promise<void> {
    const folder = this.#state.folder(id)
    try {
      const machine = await Machine.adopt(this.#shared, folder)
      if (machine !== null) this.#machines.set(id, machine)
    } catch (e) {
      const message = e instanceof Error ? e.message : String(e)
      this.#shared.log({ level: 'warning', event: 'damaged', vm: id, message })
      this.#damaged.set(id, { error: e, accounts: accountsOf(folder) })
    }
  }

  /** By id. */
  all(): readonly Machine[] {
    return [...this.#machines.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Undefined: there is none, or it is damaged. */
  find(id: string): Machine | undefined {
    return this.#machines.get(id)
  }

  /** @throws {MachineError} `machine-missing`; `machine-damaged`: its record cannot be read. */
  get(id: string): Machine {
    const machine = this.#machines.get(id)
    if (machine !== undefined) return machine
    const cause = this.#damaged.get(id)?.error
    if (cause === undefined) throw new MachineError('machine-missing', `there is no VM ${id}`)
    throw new MachineError(
      'machine-damaged',
      `the record of ${id} cannot be read: mend it, or delete the VM`,
      { cause },
    )
  }

  /** @throws as `Host.create` */
  async create(spec: MachineSpec): Promise<Machine> {
    const folder = this.#state.folder(spec.id)
    if (spec.guest === 'windows')
      virtualizationFor(await this.#shared.acceleration(), nestedVirtualization())
    const others = [...this.#machines.values(), ...this.#damaged.values(), ...this.#pending]
    const accounts = allocateAccounts(
      this.#state.path,
      others.map((each) => each.accounts),
    )
    const pending = { accounts }
    this.#pending.add(pending)
    try {
      const machine = await Machine.create(this.#shared, folder, spec, accounts)
      this.#machines.set(spec.id, machine)
      return machine
    } finally {
      this.#pending.delete(pending)
    }
  }

  /** @throws as `Host.delete` */
  async delete(id: string): Promise<void> {
    const damaged = this.#damaged.get(id)
    if (damaged !== undefined) return this.#removeDamaged(id, damaged)
    if (this.#machines.has(id) || !(await this.#isRemembered(id))) return this.get(id).delete()
    await this.#shared.vtpm.forget(id)
  }

  /** It is no more. */
  forget(id: string): void {
    this.#machines.delete(id)
  }

  async release(): Promise<void> {
    await Promise.all(this.all().map((machine) => machine.release()))
  }

  async #removeDamaged(id: string, damaged: Damaged): Promise<void> {
    damaged.removal ??= Machine.removeDamaged(this.#shared, this.#state.folder(id))
    try {
      await damaged.removal
      this.#damaged.delete(id)
    } catch (e) {
      delete damaged.removal
      throw e
    }
  }

  /** Whether a VM is only remembered: there is no folder of it, nor one being made. */
  async #isRemembered(id: string): Promise<boolean> {
    const known = await this.#shared.vtpm.vms()
    return known.includes(id) && !this.#state.vms().includes(id)
  }
}
