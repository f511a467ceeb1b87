import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { MachinePlan, MachinePower } from '../../../src/domain/host/machines.ts'
import { type Operation, type Store, StoreError } from '../../../src/domain/store.ts'
import { machinePlanOf } from '../../../src/domain/vm/machine-plan.ts'
import { HostHolds } from '../../../src/jobs/host-holds.ts'
import { vmHandlers } from '../../../src/jobs/vm/handlers.ts'
import type { Job } from '../../../src/jobs/worker.ts'
import { openStore } from '../../../src/store/open.ts'
import { ScriptedHost } from '../../scripted/host.ts'
import { VM, vm, vmId } from '../../store/samples.ts'

const machine = 'vm-a'
const state = { vmId: 'a', machine, power: 'stopped', sshPort: null, macAddress: '', failure: null }

async function aStore(t: TestContext): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-handlers-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

/** A handler's job that is cut off at one of its writes; the machine is there unless it is to be made. */
async function anAttempt(
  store: Store,
  kind: string,
  machines: Map<string, any>,
  { driver = new ScriptedHost({}, machines), more = {} } = {},
) {
  await store.resources.delete(vmId('a'))
  const properties = { hardwareProfile: { vmSize: 'Standard_B1s' } }
  const row = { ...vm('a'), properties, state: { notices: [], ...state, ...more } }
  const kept = await store.resources.insert({ ...row, provisioningState: 'Updating' }, 1)
  machines.clear()
  const plan = machinePlanOf(kept, null, null, null)
  const power = kind === 'vm.attest' ? 'running' : 'stopped'
  if (kind !== 'vm.create') machines.set(machine, { plan, power })
  const handlers = vmHandlers({
    ...{ driver, now: () => 2 },
    bootLimitMs: 1,
    holds: new HostHolds(driver),
    networks: { ofVm: async () => null, settle: async () => {}, lack: () => null },
    attest: async () => ({ id: 'an attestation', tier: 'affirming' }),
    commandOf: async () => null,
    planOf: async (one) => machinePlanOf(one, null, null, null),
  })
  const input = { vmId: 'a' }
  const operation = { id: 'o', kind, resourceId: vmId('a'), input } as unknown as Operation
  return (cutAt: number) => {
    let writes = 0
    const write = () => {
      if (++writes > cutAt) throw new StoreError('store-cut-off', 'another worker took it over')
    }
    const job: Job = {
      ...{ operation, signal: new AbortController().signal, isCancelled: async () => false },
      under: async (work) => {
        write()
        return store.transaction(work)
      },
      tell: async () => write(),
    }
    return handlers[kind]!(job)
  }
}

async function found(store: Store, machines: ReadonlyMap<string, { power: MachinePower }>) {
  const one = await store.resources.get(vmId('a'))
  const power = machines.get(machine)?.power ?? null
  return { state: one?.state ?? null, became: one?.provisioningState ?? null, power }
}

/** A command is run once: its own test. */
const kinds = Object.keys(vmHandlers(null as never)).filter((kind) => kind !== 'vm.runCommand')

test('each operation of a VM comes to the same end, wherever a worker was cut off and another began it again', async (t) => {
  const store = await aStore(t)
  const machines = new Map<string, { plan: MachinePlan; power: MachinePower }>()
  for (const kind of kinds) {
    await (await anAttempt(store, kind, machines))(Number.POSITIVE_INFINITY)
    const wanted = await found(store, machines)
    for (let cutAt = 0, isCut = true; isCut; cutAt++) {
      const attempt = await anAttempt(store, kind, machines)
      isCut = await attempt(cutAt).then(
        () => false,
        (error) => error.code === 'store-cut-off',
      )
      await attempt(Number.POSITIVE_INFINITY)
      assert.deepEqual(await found(store, machines), wanted, `${kind}, cut off at ${cutAt}`)
    }
  }
})

test('a worker that was cut off while it made a VM leaves the machine to who took over', async (t) => {
  const store = await aStore(t)
  const machines = new Map<string, { plan: MachinePlan; power: MachinePower }>()
  for (let cutAt = 0; ; cutAt++) {
    const attempt = await anAttempt(store, 'vm.create', machines)
    machines.set(machine, { plan: { id: machine } as MachinePlan, power: 'running' })
    const isCut = await attempt(cutAt).then(
      () => false,
      () => true,
    )
    assert.equal(machines.get(machine)?.power, 'running', `cut off at ${cutAt}`)
    if (!isCut) return
  }
})

const DISK = 'Microsoft.Compute/disks'
const left = vmId('a').replace(VM, DISK)

/** A disk that the VM does not name any more, and its host still has. */
async function aLeavingDisk(store: Store, driver: ScriptedHost) {
  await store.resources.delete(left)
  const disk = { ...vm('a'), id: left, type: DISK, state: { managedBy: vmId('a') } }
  await store.resources.insert({ ...disk, provisioningState: 'Succeeded' }, 1)
  driver.disks.set(machine, [{ lun: 0, diskId: left, sizeGiB: 1 }])
}

test('wherever a worker is cut off, no disk is free that the host still has, and in the end it is free', async (t) => {
  const store = await aStore(t)
  const machines = new Map<string, { plan: MachinePlan; power: MachinePower }>()
  const isFree = async () => (await store.resources.get(left))!.state.managedBy === null
  for (const kind of ['vm.update', 'vm.attachDetachDataDisks', 'vm.start', 'vm.delete'])
    for (let cutAt = 0, isCut = true; isCut; cutAt++) {
      const driver = new ScriptedHost({}, machines)
      await aLeavingDisk(store, driver)
      const attempt = await anAttempt(store, kind, machines, { driver, more: { leaving: [left] } })
      isCut = await attempt(cutAt).then(
        () => false,
        () => true,
      )
      const isThere = machines.has(machine) && driver.disks.get(machine)!.length > 0
      if (await isFree()) assert.ok(!isThere, `${kind}, cut off at ${cutAt}`)
      await attempt(Number.POSITIVE_INFINITY)
      assert.ok(await isFree(), `${kind}, cut off at ${cutAt}`)
      const found = await store.resources.get(vmId('a'))
      assert.equal(found?.state.leaving, undefined)
    }
})

test('a VM that is restarted for a change runs as it is asked to, wherever a worker was cut off in it', async (t) => {
  const store = await aStore(t)
  const machines = new Map<string, { plan: MachinePlan; power: MachinePower }>()
  const unapplied = { paths: ['hardwareProfile.vmSize'], restart: true }
  for (let cutAt = 0, isCut = true; isCut; cutAt++) {
    const more = { power: 'running', unapplied }
    const attempt = await anAttempt(store, 'vm.update', machines, { more })
    const { plan } = machines.get(machine)!
    machines.set(machine, { plan: { ...plan, vcpus: 99 }, power: 'running' })
    isCut = await attempt(cutAt).then(
      () => false,
      () => true,
    )
    await attempt(Number.POSITIVE_INFINITY)
    const row = (await store.resources.get(vmId('a')))!
    assert.deepEqual(
      [machines.get(machine)!.power, machines.get(machine)!.plan.vcpus, row.state.power],
      ['running', 1, 'running'],
      `cut off at ${cutAt}`,
    )
    assert.equal(row.state.unapplied, undefined)
  }
})
