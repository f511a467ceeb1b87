import { keyOf } from '@trusted-launch/api'
import type { Logger } from 'pino'
import { balancersOf } from '../domain/balancer/balancing.ts'
import { giveNatPorts } from '../domain/balancer/nat-ports.ts'
import { everyOf } from '../domain/every-of.ts'
import type { NetworkDriver } from '../domain/host/networks.ts'
import {
  configurationOf,
  hostNetworkOf,
  interfaceOf,
  interfacesIn,
  networkIdOf,
  networkPlanOf,
  networksNaming,
} from '../domain/network/planned.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import { unknownSinceRestored } from '../domain/restored.ts'
import type { JsonObject, Resource, Store, Tables } from '../domain/store.ts'
import type { Handler } from './worker.ts'

const NETWORK = 'Microsoft.Network/virtualNetworks'

interface HostNetworksGround {
  readonly store: Store
  readonly driver: NetworkDriver
  readonly now: () => number
  readonly log: Logger
  /** Why the host makes none; null: it makes them. */
  readonly lack: () => string | null
}

/** Brings a host's networks to what is on record: one after the other, so that none is made as it was before. */
export class HostNetworks {
  readonly #ground: HostNetworksGround
  #turn: Promise<unknown> = Promise.resolve()
  /** Of networks whose turn has not come: what is on record by then is theirs, whoever asked. */
  readonly #waiting = new Map<string, Promise<void>>()

  constructor(ground: HostNetworksGround) {
    this.#ground = ground
  }

  /** Why each VM of the host is alone; null: they have their parts in networks. */
  lack(): string | null {
    return this.#ground.lack()
  }

  /** The network of a VM's interface, before its start and after its end; null: it has none. */
  async ofVm(vm: Resource): Promise<string | null> {
    if (this.lack() !== null) return null
    const nic = await interfaceOf(this.#ground.store, vm)
    return nic === null ? null : networkIdOf(nic)
  }

  /** With every VM that has its part in it; one that nobody has a part in is not made. */
  settle(networkId: string | null): Promise<void> {
    if (networkId === null || this.lack() !== null) return Promise.resolve()
    const { store, driver } = this.#ground
    const key = keyOf(networkId)
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) return waiting
    const done = this.#turn.then(async () => {
      this.#waiting.delete(key)
      await this.#giveNatPorts(networkId)
      const plan = await networkPlanOf(store, networkId)
      if (plan === null || plan.interfaces.length === 0)
        await driver.removeNetwork(hostNetworkOf(networkId))
      else await driver.putNetwork(plan)
    })
    this.#waiting.set(key, done)
    this.#turn = done.catch(() => {})
    return done
  }

  /** Ports of balancers are given where a member's host is about to hear of them. */
  async #giveNatPorts(networkId: string): Promise<void> {
    const { store, now } = this.#ground
    const joining = async (tables: Pick<Tables, 'resources'>) => {
      const configurations: JsonObject[] = []
      for await (const nic of interfacesIn(tables, networkId))
        configurations.push(configurationOf(nic))
      return balancersOf(tables, configurations)
    }
    if ((await joining(store)).length === 0) return
    await store.transaction(async (tables) => {
      for (const balancer of await joining(tables)) await giveNatPorts(tables, balancer, now())
    })
  }

  /** Who takes the host over: what changed meanwhile holds, and what no record knows goes. One that fails does not keep the others. */
  async reconcile(): Promise<void> {
    const { store, driver, log } = this.#ground
    if (this.lack() !== null) return
    const made = new Set(await driver.networks())
    for await (const { id } of everyOf(store, { type: NETWORK }))
      if (made.delete(hostNetworkOf(id)))
        await this.settle(id).catch((err) =>
          log.error({ err, id }, 'a network is not as it is to be'),
        )
    // Records that were restored may be older than the host.
    if ((await store.transaction(unknownSinceRestored)) !== null) return
    for (const id of made)
      await driver.removeNetwork(id).catch((err) => log.error({ err, id }, 'a network stays'))
  }

  /** What becomes of a security group, interface, subnet or network holds for VMs that run before it is said to be done. */
  get apply(): Handler {
    return async (job) => {
      const { resourceId } = job.operation
      const networks = await networksNaming(this.#ground.store, resourceId)
      await job.under(async (tables) => {
        const found = await tables.resources.get(resourceId)
        if (found?.provisioningState === 'Deleting') await removeWhole(tables, resourceId)
      })
      for (const id of networks) await this.settle(id)
      await job.under(async ({ resources }) => {
        const found = await resources.get(resourceId)
        if (found !== null && ['Creating', 'Updating'].includes(found.provisioningState))
          await resources.update(resourceId, { provisioningState: 'Succeeded' }, this.#ground.now())
      })
      return undefined
    }
  }
}
