import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './kills-client.ts'
import { type Deed, Slot } from './kills-slot.ts'

/** What was acknowledged, to be looked for later. */
export interface Acknowledged {
  readonly slot: string
  readonly deed: Deed
  readonly operationId: string | null
  readonly correlationId: string
}

/** Clients that make, change and delete VMs, each its own, without waiting for what they asked to be over. */
export class Load {
  readonly slots: readonly Slot[]
  readonly acknowledged: Acknowledged[] = []
  readonly refused = new Map<string, number>()
  readonly #random: () => number
  readonly #group: string
  readonly #clients: number
  readonly #pauseMs: number
  readonly #isDoomed: (vmId: string) => boolean
  #count = 0

  /** `pauseMs`: at most so long between two requests of a client. `isDoomed`: of a VM that cannot be made. */
  constructor(
    client: Client,
    random: () => number,
    size: { clients: number; each: number },
    pauseMs: number,
    isDoomed: (vmId: string) => boolean = () => false,
  ) {
    this.#random = random
    this.#isDoomed = isDoomed
    this.#pauseMs = pauseMs
    this.#group = `${client.subscription}/resourceGroups/load`
    this.#clients = size.clients
    this.slots = Array.from({ length: size.clients * size.each }, (_, i) => {
      const nic = `${this.#group}/providers/Microsoft.Network/networkInterfaces/nic-${i}`
      return new Slot(`${this.#group}/providers/Microsoft.Compute/virtualMachines/vm-${i}`, nic)
    })
  }

  /** A network and an interface for each VM. @throws they cannot be made. */
  async prepare(client: Client): Promise<void> {
    const network = `${this.#group}/providers/Microsoft.Network/virtualNetworks/net`
    const subnets = [{ name: 'one', properties: { addressPrefix: '10.0.0.0/16' } }]
    const addressSpace = { addressPrefixes: ['10.0.0.0/16'] }
    const ip = { name: 'ip', properties: { subnet: { id: `${network}/subnets/one` } } }
    const properties = { ipConfigurations: [ip] }
    for (const [id, body] of [
      [this.#group, {}],
      [network, { properties: { addressSpace, subnets } }],
      ...this.slots.map(({ nic }) => [nic, { properties }] as const),
    ] as const) {
      const answer = await client.ask('PUT', id, { location: 'local', ...body })
      if (answer === null || answer.status >= 300) throw new Error(JSON.stringify(answer))
    }
  }

  /** Until nobody answers any more. */
  async run(client: Client, isOver: () => boolean): Promise<void> {
    const each = this.slots.length / this.#clients
    const works = Array.from({ length: this.#clients }, async (_, i) => {
      const own = this.slots.slice(i * each, (i + 1) * each)
      const doomed = new Set<Slot>()
      while (!isOver()) {
        const slot = own[Math.floor(this.#random() * own.length)]!
        if (doomed.has(slot)) await sleep(10)
        else if (await this.#deed(client, slot)) doomed.add(slot)
        await sleep(this.#random() * this.#pauseMs)
      }
    })
    await Promise.all(works)
  }

  /** @returns whether what was asked for cannot be. */
  async #deed(client: Client, slot: Slot): Promise<boolean> {
    const deed = this.#choose(slot)
    const tag = String(++this.#count)
    const answer = await client.ask(...requestOf(deed, slot, tag))
    if (answer === null || answer.status >= 500) slot.unknown(deed, tag)
    else if (answer.status >= 300) {
      const code = `${deed} ${answer.body?.error?.code ?? answer.status}`
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
    } else {
      const { operationId, correlationId } = answer
      this.acknowledged.push({ slot: slot.name, deed, operationId, correlationId })
      const isHopeless = deed === 'put' && this.#isDoomed(answer.body.properties.vmId)
      if (isHopeless) slot.gone()
      else slot.done(deed, tag)
      return isHopeless
    }
    return false
  }

  #choose(slot: Slot): Deed {
    if (!slot.mayExist) return 'put'
    const deeds: Deed[] = ['put', 'tag', 'tag', 'start', 'powerOff', 'deallocate', 'delete']
    return deeds[Math.floor(this.#random() * deeds.length)]!
  }
}

function requestOf(deed: Deed, { name, nic }: Slot, tag: string): [string, string, unknown?] {
  const tags = { tag }
  if (deed === 'put') return ['PUT', name, { ...vmBody(nic), tags }]
  if (deed === 'tag') return ['PATCH', name, { tags }]
  if (deed === 'delete') return ['DELETE', name]
  return ['POST', `${name}/${deed}`]
}

const keyData =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f bench'

/** Its disk goes with it, so that there are as many disks as VMs. */
export function vmBody(nic: string) {
  const imageReference = {
    publisher: 'trusted-launch',
    offer: 'small',
    sku: 'gen2',
    version: 'latest',
  }
  const publicKeys = [{ path: '/home/azureuser/.ssh/authorized_keys', keyData }]
  const linuxConfiguration = { disablePasswordAuthentication: true, ssh: { publicKeys } }
  const osDisk = { createOption: 'FromImage', deleteOption: 'Delete' }
  return {
    location: 'local',
    properties: {
      hardwareProfile: { vmSize: 'Standard_B1s' },
      storageProfile: { imageReference, osDisk },
      osProfile: { computerName: 'web', adminUsername: 'azureuser', linuxConfiguration },
      networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
    },
  }
}
