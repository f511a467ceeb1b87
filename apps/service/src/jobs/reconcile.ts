import type { Logger } from 'pino'
import type { HostDriver, MachinePower } from '../domain/host-driver.ts'
import type { Resource, Store, Tables } from '../domain/store.ts'
import { type Power, stateJson, stateOf, VM } from '../domain/vm/vm.ts'

export interface ReconcileGround {
  readonly store: Store
  readonly driver: HostDriver
  readonly now: () => number
  readonly log: Logger
  /** Enqueues the start of a VM that should run and does not. */
  readonly enqueueStart: (tables: Tables, vm: Resource) => Promise<void>
}

/**
 * Holds what is on record against what the host really runs: VMs that should run are started again in the
 * order they were made, and what no record knows is removed from the host. Operations go on meanwhile: a VM
 * that one is for is left to it. One that fails does not keep the others.
 */
export async function reconcile(ground: ReconcileGround): Promise<void> {
  // The host first: what is made meanwhile is on record before it is on the host.
  const machines = await ground.driver.machines()
  const vms = await allVms(ground.store)
  const known = new Set(vms.map((vm) => stateOf(vm).machine))
  for (const vm of vms.sort((a, b) => a.createdAt - b.createdAt))
    await attempt(ground, vm.id, () => settle(ground, vm))
  for (const machine of machines)
    if (machine.startsWith('vm-') && !known.has(machine)) {
      ground.log.warn({ machine }, 'a VM that no record knows is removed')
      await attempt(ground, machine, () => ground.driver.delete(machine))
    }
}

async function attempt(
  { log }: ReconcileGround,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (err) {
    log.error({ err, what }, 'it is not as its record says, and cannot be made so')
  }
}

/** One VM: its power as it is; wanted running and stopped means that the host went down. */
async function settle(ground: ReconcileGround, { id, state }: Resource): Promise<void> {
  const power = await ground.driver.power(String(state.machine))
  const isUp = power === 'running' || power === 'held'
  if (isUp && state.power === 'running') return
  if (!isUp && power !== null && state.power !== 'running') return
  await ground.store.transaction(async (tables) => {
    const vm = await tables.resources.get(id)
    const waits = await tables.operations.list({ resourceId: id, unfinished: true, limit: 1 })
    if (vm !== null && waits.length === 0) await correct(ground, tables, vm, power)
  })
}

async function correct(
  { now, log, enqueueStart }: ReconcileGround,
  tables: Tables,
  vm: Resource,
  power: MachinePower | null,
): Promise<void> {
  const state = stateOf(vm)
  if (power === 'running' || power === 'held') await note('running')
  else if (power === null) await note('unknown')
  else if (state.power === 'running') {
    log.info({ vm: vm.id }, 'it should run: it is started again')
    await enqueueStart(tables, vm)
  }

  async function note(seen: Power): Promise<void> {
    await tables.resources.update(vm.id, { state: stateJson({ ...state, power: seen }) }, now())
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
