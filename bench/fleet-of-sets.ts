import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './kills-client.ts'

const POLL_MS = 100
const SET = 'Microsoft.Compute/virtualMachineScaleSets'

/** Uniform scale sets of one service, each in a subnet of its own. */
export class FleetOfSets {
  readonly sets: string[] = []
  readonly #client: Client
  readonly #group: string
  #made = 0

  constructor(client: Client) {
    this.#client = client
    this.#group = `${client.subscription}/resourceGroups/fleet`
  }

  async prepare(): Promise<void> {
    await this.#done('PUT', this.#group, { location: 'local' })
  }

  /** A set more of so many instances, all of them made. */
  async add(capacity: number): Promise<void> {
    this.sets.push(await this.#madeSet(capacity))
  }

  /** Milliseconds of a rolling upgrade of a set that is made for it, and goes afterwards. */
  async rolled(capacity: number): Promise<number> {
    const set = await this.#madeSet(capacity)
    await this.#done('PATCH', set, { sku: { name: 'Standard_B2s' } })
    const began = performance.now()
    await this.#done('POST', `${set}/osRollingUpgrade`)
    const took = performance.now() - began
    await this.#done('DELETE', set)
    return took
  }

  async look(path: string): Promise<void> {
    const answer = await this.#client.ask('GET', path)
    if (answer?.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  }

  async #madeSet(capacity: number): Promise<string> {
    const i = this.#made++
    const network = `${this.#group}/providers/Microsoft.Network/virtualNetworks/net-${i}`
    const prefix = `10.${i % 256}.0.0/16`
    const subnets = [{ name: 'one', properties: { addressPrefix: prefix } }]
    const addressSpace = { addressPrefixes: [prefix] }
    await this.#done('PUT', network, { location: 'local', properties: { addressSpace, subnets } })
    const set = `${this.#group}/providers/${SET}/set-${i}`
    await this.#done('PUT', set, bodyOf(`${network}/subnets/one`, capacity))
    return set
  }

  /** A request, and what it began, to its end. */
  async #done(method: string, path: string, body?: object): Promise<void> {
    const answer = await this.#client.ask(method, path, body)
    if (answer === null || answer.status >= 300)
      throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
    if (answer.operationId === null) return
    const operation = `${this.#client.subscription}/providers/Microsoft.Compute/locations/local/operations/${answer.operationId}`
    for (;;) {
      const { body: now } = (await this.#client.ask('GET', operation))!
      if (now.status === 'Succeeded') return
      if (['Failed', 'Canceled'].includes(now.status)) throw new Error(JSON.stringify(now))
      await sleep(POLL_MS)
    }
  }
}

function bodyOf(subnet: string, capacity: number): object {
  const ipConfigurations = [{ name: 'ip', properties: { subnet: { id: subnet } } }]
  const nic = { name: 'nic', properties: { primary: true, ipConfigurations } }
  const imageReference = {
    ...{ publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' },
  }
  return {
    location: 'local',
    sku: { name: 'Standard_B1s', tier: 'Standard', capacity },
    properties: {
      singlePlacementGroup: false,
      upgradePolicy: {
        mode: 'Manual',
        rollingUpgradePolicy: { maxBatchInstancePercent: 20, pauseTimeBetweenBatches: 'PT0S' },
      },
      virtualMachineProfile: {
        storageProfile: { imageReference, osDisk: { createOption: 'FromImage' } },
        osProfile: {
          ...{ computerNamePrefix: 'web', adminUsername: 'azureuser' },
          adminPassword: 'Fleet-1234567!',
        },
        networkProfile: { networkInterfaceConfigurations: [nic] },
      },
    },
  }
}
