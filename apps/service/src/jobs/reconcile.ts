import type { Logger } from 'pino'
import type { HostDriver } from '../domain/host-driver.ts'
import type { Resource, Store } from '../domain/store.ts'
import { type Power, stateJson, stateOf, VM } from '../domain/vm/vm.ts'

export interface ReconcileGround {
  readonly store: Store
  readonly driver: HostDriver
  readonly now: () => number
  readonly log: Logger
  /** Enqueues the start of a VM that should run and does not. */
  readonly enqueueStart: (vm: Resource) => Promise<void>
}

/**
 * Holds what is on record against what the host really runs: VMs that should run are started again in the
 * order they were made, and what no record knows is removed from the host.
 */
export async function reconcile(ground: ReconcileGround): Promise<void> {
  const vms = await allVms(ground.store)
  const unfinished = new Set((await unfinishedOf(ground.store)).map((id) => id.toLowerCase()))
  const byMachine = new Map(vms.map((vm) => [stateOf(vm).machine, vm]))
  for (const vm of vms.sort((a, b) => a.createdAt - b.createdAt))
    if (!unfinished.has(vm.id.toLowerCase())) await settle(ground, vm)
  for (const machine of await ground.driver.machines())
    if (machine.startsWith('vm-') && !byMachine.has(machine)) {
      ground.log.warn({ machine }, 'a VM that no record knows is removed')
      await ground.driver.delete(machine)
    }
}

/** One VM: its power as it is; wanted running and stopped means that the host went down. */
async function settle(ground: ReconcileGround, vm: Resource): Promise<void> {
  const { store, driver, now, log } = ground
  const state = stateOf(vm)
  const power = await driver.power(state.machine)
  if (power === 'running' || power === 'held') {
    if (state.power !== 'running') await note('running')
    return
  }
  if (state.power === 'running' && power !== null) {
    log.info({ vm: vm.id }, 'it should run: it is started again')
    await ground.enqueueStart(vm)
  } else if (power === null) await note('unknown')

  async function note(seen: Power): Promise<void> {
    await store.resources.update(vm.id, { state: stateJson({ ...state, power: seen }) }, now())
  }
}

async function allVms(store: Store): Promise<Resource[]> {
  const found: Resource[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.resources.list({
      type: VM,
      limit: 1000,
      ...(after !== undefined && { after }),
    })
    found.push(...page)
    if (page.length < 1000) return found
    after = page.at(-1)!.id.toLowerCase()
  }
}

async function unfinishedOf(store: Store): Promise<string[]> {
  const found = await store.operations.list({ unfinished: true, limit: 1000 })
  return found.map(({ resourceId }) => resourceId)
}
