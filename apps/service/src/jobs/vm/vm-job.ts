import { ArmError, faults } from '@trusted-launch/api'
import { type Finding, findingOf } from '@trusted-launch/attestation'
import { clearUndone, observe, type Seen } from '../../domain/alerts.ts'
import { requirePlacing } from '../../domain/drain.ts'
import { tellPower } from '../../domain/events.ts'
import { type MachinePlan, StartRefused } from '../../domain/host/machines.ts'
import type { HostDriver } from '../../domain/host-driver.ts'
import type { Resource, Resources } from '../../domain/store.ts'
import { dataDisksOf } from '../../domain/vm/data-disks.ts'
import { freeLeft } from '../../domain/vm/leaving.ts'
import type { Command } from '../../domain/vm/run-command.ts'
import { withApplied } from '../../domain/vm/unapplied.ts'
import { type Failure, type Power, stateJson, stateOf, type VmState } from '../../domain/vm/vm.ts'
import { followPower } from '../../domain/vm/watched.ts'
import type { Attested } from '../attestation/attest.ts'
import { ATTESTATION_FAILED } from '../attestation/failed.ts'
import type { HostHolds } from '../host-holds.ts'
import type { HostNetworks } from '../host-networks.ts'
import { isUp } from '../is-up.ts'
import type { Job } from '../worker.ts'

/** The notice of a boot that came up and was not proved. */
const NOT_ATTESTED = 'TrustedLaunch/NotAttested'

/** The notice of a VM whose host makes no networks. */
const ALONE = 'TrustedLaunch/NoNetwork'

/** What the handlers of VMs' operations work with. */
export interface VmGround {
  readonly driver: HostDriver
  /** Of the driver's host. */
  readonly holds: HostHolds
  readonly now: () => number
  /** How long a guest has until its agent answers, in milliseconds. */
  readonly bootLimitMs: number
  /** Appraises a VM and keeps the verdict; null: it has nothing to prove with. @throws {ArmError} `AttestationFailed` */
  readonly attest: (vm: Resource, job: Job) => Promise<Attested | null>
  /** What somebody wants run, as it was kept; null: it is gone. */
  readonly commandOf: (key: string) => Promise<Command | null>
  readonly networks: Pick<HostNetworks, 'ofVm' | 'settle' | 'lack'>
  /** The plan of a VM for its host. */
  readonly planOf: (vm: Resource) => Promise<MachinePlan>
}

/** One VM's operation: reads and writes its row, under the job's claim. */
export class VmJob {
  readonly job: Job
  readonly #ground: VmGround

  constructor(job: Job, ground: VmGround) {
    this.job = job
    this.#ground = ground
  }

  get driver(): HostDriver {
    return this.#ground.driver
  }

  /** Null: it is gone. One of the same name that was made after it is not it. */
  vm(): Promise<Resource | null> {
    return this.job.under(({ resources }) => this.#own(resources))
  }

  async #own(resources: Resources): Promise<Resource | null> {
    const { resourceId, input } = this.job.operation
    const found = await resources.get(resourceId)
    return found !== null && stateOf(found).vmId === input.vmId ? found : null
  }

  /** @throws {ArmError} it is gone: a deletion came first. */
  async require(): Promise<Resource> {
    const vm = await this.vm()
    if (vm !== null) return vm
    throw new ArmError({
      status: 404,
      code: 'NotFound',
      message: 'The virtual machine was deleted meanwhile.',
    })
  }

  /** Writes what was found, and what became of the request. A VM that is to go stays so, whatever comes before. */
  note(change: Partial<VmState>, provisioningState?: Resource['provisioningState']): Promise<void> {
    const { resourceId, kind } = this.job.operation
    return this.job.under(async (tables) => {
      const { resources } = tables
      const vm = await this.#own(resources)
      if (vm === null) return
      const { drained: _, ...before } = stateOf(vm)
      const state = stateJson({ ...(change.power === undefined ? stateOf(vm) : before), ...change })
      const isToGo = vm.provisioningState === 'Deleting' && kind !== 'vm.delete'
      const became = provisioningState === undefined || isToGo ? {} : { provisioningState }
      const now = this.#ground.now()
      await resources.update(resourceId, { state, ...became }, now)
      if (change.power !== undefined)
        await tellPower(tables, vm, stateOf(vm).power, change.power, now)
      if (change.power !== undefined) await followPower(tables, vm, change.power, now)
    })
  }

  /** An operation that fails leaves the VM as its host has it, neither on its way nor as it was asked for. */
  async noteFailed(): Promise<void> {
    const vm = await this.vm()
    if (vm === null) return
    const { machine, power } = stateOf(vm)
    const seen = await this.driver.power(machine)
    const isUp = seen === 'running' || seen === 'held'
    const rests = power === 'deallocated' || power === 'deallocating' ? 'deallocated' : 'stopped'
    await this.note({ power: seen === null ? 'unknown' : isUp ? 'running' : rests }, 'Failed')
  }

  /** An operation that was cancelled before it did anything leaves the VM as it was; nothing happens when it is gone. */
  async noteUndone(): Promise<void> {
    const vm = await this.vm()
    if (vm !== null) await this.note({}, stateOf(vm).failure === null ? 'Succeeded' : 'Failed')
  }

  power(power: Power): Promise<void> {
    return this.note({ power })
  }

  /** Brings a stopped VM, or one that stands still without its vTPM, to what is asked of it. Alerts of Secure Boot that was off are closed once the host has it on, by who asked for it. */
  async change(vm: Resource): Promise<void> {
    const { machine } = stateOf(vm)
    if ((await this.driver.power(machine)) === 'vtpm-lost')
      await this.driver.stop(machine, { graceful: false })
    await this.driver.change(await this.#ground.planOf(vm), this.job.signal)
    const by = stateOf(vm).unapplied?.secureBootBy
    if (by === undefined) return
    const who = { by, request: this.job.operation.correlationId, time: this.#ground.now() }
    await this.job.under((tables) => clearUndone(tables, vm, { kind: 'secure-boot-enabled' }, who))
  }

  /**
   * Gives the VM its data disks: those that it named before are others' to have, and nothing that was asked of it,
   * as it was read, is left to be done: of its disks alone, or (it was changed before) of all.
   */
  async putDataDisks(
    vm: Resource,
    became: Partial<VmState> = {},
    isDisksOnly = false,
  ): Promise<void> {
    await this.driver.putDataDisks(stateOf(vm).machine, dataDisksOf(vm.properties))
    const now = this.#ground.now()
    await this.job.under(async (tables) => {
      const found = await this.#own(tables.resources)
      if (found === null) return
      const freed = await freeLeft(tables, found, vm, now)
      const state = { ...withApplied(found, freed, vm, isDisksOnly), ...became }
      await tables.resources.update(found.id, { state: stateJson(state) }, now)
      await tellPower(tables, found, stateOf(found).power, state.power, now)
    })
  }

  /** The VM with the port that leads to its SSH: the one it had, or another where somebody else has that by now. */
  async withSshPort(vm: Resource): Promise<Resource> {
    const { machine, sshPort: before } = stateOf(vm)
    const sshPort = await this.driver.sshPort(machine, before)
    if (sshPort === before) return vm
    await this.note({ sshPort })
    return this.require()
  }

  /** What is asked of a VM holds from its next start on; one that the host has no room for is not started. @throws {ArmError} */
  async #ready(vm: Resource): Promise<void> {
    await this.#ground.holds.hold(stateOf(vm).machine, await this.#ground.planOf(vm))
    const ready = await this.withSshPort(vm)
    await this.change(ready)
    const { leaving, unapplied } = stateOf(ready)
    if (leaving !== undefined || unapplied !== undefined) await this.putDataDisks(ready)
    const { networks } = this.#ground
    await networks.settle(await networks.ofVm(ready))
  }

  /** Boots the VM (it is stopped, or its host forgot to tell) and looks how it went; the verdict is part of it. */
  async boot(vm: Resource): Promise<void> {
    const { machine } = stateOf(vm)
    await this.job.under(async (tables) => {
      await requirePlacing(tables, this.driver.name)
      requireNotGeneralized(await this.#own(tables.resources))
    })
    try {
      if (!isUp(await this.driver.power(machine))) await this.#ready(vm)
      await this.job.tell(60, 'booting')
      const notices = this.#withNetworkNotice((await this.require()).state.notices)
      await this.note({ power: 'starting', failure: null, integrity: null, notices })
      await this.#start(vm)
    } finally {
      this.#ground.holds.release(machine)
    }
    await this.settle(vm)
  }

  /** Where its host makes no networks it is told, as long as that is so. */
  #withNetworkNotice(kept: unknown): VmState['notices'] {
    const others = ((kept ?? []) as VmState['notices']).filter(({ code }) => code !== ALONE)
    const lack = this.#ground.networks.lack()
    if (lack === null) return others
    const message = `The host makes no virtual networks (${lack}): the virtual machine is alone behind its host, which forwards SSH to it.`
    return [...others, { code: ALONE, level: 'Info', message }]
  }

  async #start(vm: Resource): Promise<void> {
    try {
      await this.driver.start(stateOf(vm).machine)
    } catch (error) {
      if (!(error instanceof StartRefused)) throw error
      await this.#tell(vm, { kind: 'host', findings: [findingOfRefusal(error)] })
      await this.#fail('stopped', refusedAs(error))
    }
  }

  /** The VM stays as it is, for somebody to look at. @throws {ArmError} */
  async #fail(power: Power, failure: Failure): Promise<never> {
    await this.note({ power, failure }, 'Failed')
    throw new ArmError({ status: 409, code: failure.code, message: failure.message })
  }

  /** What comes after the start: the agent's answer and the verdict, or the boot's failure. */
  async settle(vm: Resource): Promise<void> {
    const { machine } = stateOf(vm)
    const boot = await this.driver.waitForBoot(machine, this.#ground.bootLimitMs, this.job.signal)
    if (boot.kind === 'failed') {
      const failure = failureOf(boot)
      const { component, message: detail } = boot
      if (failure.code === 'SecureBootViolation')
        await this.#tell(vm, { kind: 'boot-stopped', component: component ?? 'loader', detail })
      await this.#fail('running', failure)
    }
    const hasAgent = stateOf(vm).hasAgent || boot.kind === 'agent'
    await this.note({ power: 'running', failure: null, hasAgent })
    if (boot.kind !== 'agent') return
    await this.job.tell(90, 'attesting')
    await this.#attestBoot(vm)
  }

  #tell(vm: Resource, seen: Seen): Promise<unknown> {
    return this.job.under((tables) => observe(tables, vm, seen, this.#ground.now()))
  }

  /** A boot that the agent answered after is one, whatever becomes of its proof: that there is none is told. */
  async #attestBoot(vm: Resource): Promise<void> {
    const others = stateOf(vm).notices.filter(({ code }) => code !== NOT_ATTESTED)
    try {
      await this.#ground.attest(vm, this.job)
      await this.note({ notices: others })
    } catch (error) {
      const isTold = error instanceof ArmError && error.fault.code === ATTESTATION_FAILED
      if (!isTold || this.job.signal.aborted) throw error
      const { message } = error
      await this.note({ notices: [...others, { code: NOT_ATTESTED, level: 'Warning', message }] })
    }
  }
}

/** It may have become so since its start was asked for: with its host's resuming, say. @throws {ArmError} */
function requireNotGeneralized(vm: Resource | null): void {
  if (vm === null || !stateOf(vm).generalized) return
  throw new ArmError(
    faults.operationNotAllowed(
      `Operation 'start' is not allowed on VM '${vm.name}' since the VM is generalized.`,
    ),
  )
}

/** What a host found before it started anything: an older vTPM, another one, or variables that are not the VM's. */
function findingOfRefusal({ code, component, message: summary }: StartRefused): Finding {
  if (component !== 'vTPM') return findingOf({ id: 'host.variables', summary })
  const isOlder = code === 'vtpm-rolled-back'
  return findingOf({ id: isOlder ? 'vtpm.rolled-back' : 'host.identity', summary })
}

function refusedAs({ component, message }: StartRefused): Failure {
  const code = component === 'vTPM' ? 'VtpmRefused' : 'FirmwareSettingsRefused'
  return { code, message: `The virtual machine was not started: ${message}`, component }
}

/** Azure's clients match on the code. */
function failureOf(boot: { code: string; component: string | null; message: string }): Failure {
  const code = boot.code === 'secure-boot-violation' ? 'SecureBootViolation' : 'VMStartTimedOut'
  const of = boot.component === null ? '' : ` (${boot.component})`
  const message =
    code === 'SecureBootViolation'
      ? `Secure Boot stopped the virtual machine: the ${boot.component ?? 'boot loader'} is not signed by a key that it trusts, or was changed. Its console tells more; it stays for you to look at.`
      : `The virtual machine did not come up${of}: ${boot.message}`
  return { code, message, component: boot.component }
}
