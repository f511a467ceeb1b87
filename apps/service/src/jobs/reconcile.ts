import type { Logger } from 'pino'
import { observe } from '../domain/alerts.ts'
import { allVms, isDrained } from '../domain/drain.ts'
import { tellPower } from '../domain/events.ts'
import type { MachinePower } from '../domain/host/machines.ts'
import type { HostDriver } from '../domain/host-driver.ts'
import { RESTORED, unknownMachines, unknownSinceRestored } from '../domain/restored.ts'
import type { Resource, Store, Tables } from '../domain/store.ts'
import { type Failure, stateJson, stateOf, type VmState } from '../domain/vm/vm.ts'
import { followPower } from '../domain/vm/watched.ts'

export interface ReconcileGround {
  readonly store: Store
  /** A transaction of who drives the host: refused once another does. */
  readonly under: Store['transaction']
  readonly driver: HostDriver
  readonly now: () => number
  readonly log: Logger
  /** Enqueues the start of a VM that should run and does not. */
  readonly enqueueStart: (tables: Tables, vm: Resource) => Promise<void>
}

/** A VM that crashed twice in this time is left as it is. */
const CRASHES_APART_MS = 600_000
const CRASHED: Failure = {
  code: 'VMCrashed',
  message: 'The virtual machine ended without being asked to. It is started again.',
  component: null,
}
const CRASHED_AGAIN: Failure = {
  ...CRASHED,
  message:
    'The virtual machine ended without being asked to, twice in ten minutes. It is left stopped; start it when you know why.',
}

const VTPM_LOST: Failure = {
  code: 'VtpmLost',
  message:
    'The vTPM of the virtual machine went away while it ran: it stands still, and is left so. Start it anew when you know why; it is ended first.',
  component: 'vTPM',
}

/**
 * Holds what is on record against what the host really runs: VMs that should run are started again in the
 * order they were made, and what no record knows is removed from the host: kept, where the records were restored
 * and may be older than it. Operations go on meanwhile: a VM
 * that one is for is left to it. One that fails does not keep the others.
 */
export async function reconcile(ground: ReconcileGround): Promise<void> {
  // The host first: what is made meanwhile is on record before it is on the host.
  const machines = await ground.driver.machines()
  const vms = (await allVms(ground.store)).sort((a, b) => a.createdAt - b.createdAt)
  const known = new Set(vms.map((vm) => stateOf(vm).machine))
  for (const vm of vms) await attempt(ground, vm.id, () => settle(ground, vm, false))
  const unknown = machines.filter((machine) => machine.startsWith('vm-') && !known.has(machine))
  if (await isKept(ground, unknown)) return
  for (const machine of unknown) {
    ground.log.warn({ machine }, 'a VM that no record knows is removed')
    await attempt(ground, machine, () => ground.driver.delete(machine))
  }
}

/** Whether what no record knows stays as it is, and is written down. */
function isKept(ground: ReconcileGround, unknown: readonly string[]): Promise<boolean> {
  return ground.under(async (tables) => {
    if ((await unknownSinceRestored(tables)) === null) return false
    for (const machine of unknown)
      ground.log.warn({ machine }, 'a VM that the restored records do not know is kept')
    await tables.values.put(RESTORED, unknownMachines(unknown))
    return true
  })
}

/**
 * The same for VMs that just ended by themselves.
 * @returns those that an operation is for: what it makes of them is to be looked at after it.
 */
export async function settleEnded(
  ground: ReconcileGround,
  machines: ReadonlySet<string>,
): Promise<string[]> {
  const vms = (await allVms(ground.store)).filter((vm) => machines.has(stateOf(vm).machine))
  const waiting: string[] = []
  for (const vm of vms)
    await attempt(ground, vm.id, async () => {
      if (!(await settle(ground, vm, true))) waiting.push(stateOf(vm).machine)
    })
  return waiting
}

async function attempt(
  { log }: ReconcileGround,
  what: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work()
  } catch (err) {
    log.error({ err, what }, 'it is not as its record says, and cannot be made so')
  }
}

/** One VM: its power as it is; wanted running and ended means that it is started again. @returns false: it is an operation's. */
async function settle(
  ground: ReconcileGround,
  { id, state }: Resource,
  isWatched: boolean,
): Promise<boolean> {
  const machine = String(state.machine)
  const seen = await ground.driver.power(machine)
  const isUp = seen === 'running' || seen === 'held'
  if (isUp && state.power === 'running') return true
  if (!isUp && seen !== null && state.power !== 'running' && !isWatched) return true
  return ground.under(async (tables) => {
    const vm = await tables.resources.get(id)
    const waits = await tables.operations.list({ resourceId: id, unfinished: true, limit: 1 })
    if (waits.length > 0) return false
    // Once more: until now an operation may have been on its way. The host knows it without asking anybody.
    const power = await ground.driver.power(machine)
    if (vm !== null) await correct(ground, tables, vm, power, isWatched)
    return true
  })
}

async function correct(
  { now, log, driver, enqueueStart }: ReconcileGround,
  tables: Tables,
  vm: Resource,
  power: MachinePower | null,
  isWatched: boolean,
): Promise<void> {
  const state = stateOf(vm)
  const { crashedAt = null } = state
  if (power === 'running' || power === 'held') return note({ power: 'running' })
  if (power === null) return note({ power: 'unknown' })
  if (state.power !== 'running') return
  if (power === 'unreachable') return note({ power: 'unknown' })
  if (power === 'exited') return note({ power: 'stopped' })
  if (power === 'vtpm-lost') {
    await note({ power: 'stopped', failure: VTPM_LOST })
    await observe(tables, vm, { kind: 'vtpm-lost' }, now())
    return
  }
  if (await isDrained(tables, driver.name)) return note({ power: 'stopped', drained: true })
  if (power === 'crashed' && isWatched) {
    const isAgain = crashedAt !== null && now() - crashedAt < CRASHES_APART_MS
    const failure = isAgain ? CRASHED_AGAIN : CRASHED
    await note({ power: 'stopped', failure, crashedAt: now() })
    if (isAgain) return
  }
  log.info({ vm: vm.id }, 'it should run: it is started again')
  await enqueueStart(tables, vm)

  async function note(change: Partial<VmState>): Promise<void> {
    const next = { ...state, ...change }
    await tables.resources.update(vm.id, { state: stateJson(next) }, now())
    await tellPower(tables, vm, state.power, next.power, now())
    await followPower(tables, vm, next.power, now())
  }
}
