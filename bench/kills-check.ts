import { setTimeout as sleep } from 'node:timers/promises'
import type { openStore } from '@trusted-launch/service'
import type { Acknowledged, Load } from './kills-load.ts'
import type { Guess } from './kills-slot.ts'

type Store = Awaited<ReturnType<typeof openStore>>
type Resource = Awaited<ReturnType<Store['resources']['list']>>[number]
/** The machines that the host has, and whether they run. */
export type Machines = () => Promise<ReadonlyMap<string, boolean>>

const COMPUTE = 'Microsoft.Compute'
const NONE: Guess = { power: null, tag: '' }
const AUDIT_PAGE = 1000
/** So long before a kill an entry may have been written whose change was looked for only now. */
const AUDIT_MS = 600_000

/** Everything that was acknowledged, held against what is there. */
export class Check {
  readonly #store: Store
  readonly #machines: Machines
  readonly #limitMs: number
  #looked = 0
  /** What is not as it must be, in words. */
  readonly lost: string[] = []
  checked = 0
  operations = 0
  auditEntries = 0
  /** Operations that failed though nothing stood against them, by code. */
  readonly failed = new Map<string, number>()

  /** `limitMs`: so long until all that was accepted must have ended. */
  constructor(store: Store, machines: Machines, limitMs: number) {
    this.#store = store
    this.#machines = machines
    this.#limitMs = limitMs
  }

  async all(load: Load, now: number): Promise<void> {
    await this.#allEnd()
    const [vms, disks, nics] = await Promise.all([
      this.#list(`${COMPUTE}/virtualMachines`),
      this.#list(`${COMPUTE}/disks`),
      this.#list('Microsoft.Network/networkInterfaces'),
    ])
    this.#holdSlots(load, vms)
    await this.#holdMachines(vms)
    const names = new Set(vms.map(({ id }) => id.toLowerCase()))
    for (const { id, state } of disks)
      if (!names.has(String(state.managedBy).toLowerCase())) this.lost.push(`left over: ${id}`)
    for (const { id, state } of nics) {
      const holder = (state.virtualMachine as { id: string } | undefined)?.id
      if (holder !== undefined && !names.has(holder.toLowerCase()))
        this.lost.push(`held by a VM that is gone: ${id}`)
    }
    await this.#holdAcknowledged(load.acknowledged.slice(this.#looked), now)
    this.#looked = load.acknowledged.length
    const { brokenAt, entries } = await this.#store.audit.verify()
    this.auditEntries = entries
    if (brokenAt !== null) this.lost.push(`the audit breaks at ${brokenAt}`)
  }

  async #allEnd(): Promise<void> {
    const end = performance.now() + this.#limitMs
    for (;;) {
      const unfinished = await this.#store.operations.list({ unfinished: true, limit: 1000 })
      if (unfinished.length === 0) return
      if (performance.now() > end) {
        for (const { kind, id } of unfinished) this.lost.push(`does not end: ${kind} ${id}`)
        return
      }
      await sleep(20)
    }
  }

  #holdSlots(load: Load, vms: readonly Resource[]): void {
    for (const slot of load.slots) {
      const vm = vms.find(({ id }) => id.toLowerCase() === slot.name.toLowerCase())
      const guesses = JSON.stringify(slot.guesses)
      const found = vm === undefined ? NONE : guessOf(vm)
      this.checked++
      if (!slot.found(found))
        this.lost.push(`${slot.name} is ${JSON.stringify(found)}, not one of ${guesses}`)
    }
  }

  async #holdMachines(vms: readonly Resource[]): Promise<void> {
    const machines = await this.#machines()
    const wanted = new Map(vms.map(({ state }) => [String(state.machine), state.power]))
    for (const name of machines.keys())
      if (!wanted.has(name)) this.lost.push(`a machine without a VM: ${name}`)
    for (const [name, power] of wanted)
      if (machines.get(name) !== (power === 'running'))
        this.lost.push(`the VM of ${name} is ${power}, its machine runs: ${machines.get(name)}`)
  }

  /** Each operation ended, and each change is in the audit. */
  async #holdAcknowledged(some: readonly Acknowledged[], now: number): Promise<void> {
    const audited = await this.#auditedSince(now - AUDIT_MS)
    for (const { slot, deed, operationId, correlationId } of some) {
      if (!audited.has(correlationId)) this.lost.push(`not in the audit: ${deed} of ${slot}`)
      if (operationId === null) continue
      this.operations++
      const operation = await this.#store.operations.get(operationId)
      if (operation === null) this.lost.push(`an operation is gone: ${deed} of ${slot}`)
      else if (operation.status === 'Failed') {
        const code = `${operation.kind} ${operation.error?.code}`
        this.failed.set(code, (this.failed.get(code) ?? 0) + 1)
      }
    }
  }

  async #auditedSince(from: number): Promise<Set<string>> {
    const found = new Set<string>()
    for (let after: number | undefined; ; ) {
      const query = { from, limit: AUDIT_PAGE, ...(after !== undefined && { after }) }
      const page = await this.#store.audit.list(query)
      for (const { correlationId } of page) found.add(correlationId)
      if (page.length < AUDIT_PAGE) return found
      after = page.at(-1)!.sequence
    }
  }

  #list(type: string): Promise<readonly Resource[]> {
    return this.#store.resources.list({ type, limit: 1000 })
  }
}

function guessOf({ state, tags }: Resource): Guess {
  return { power: state.power as Guess['power'], tag: tags.tag ?? '' }
}
