import { randomUUID } from 'node:crypto'
import type { openStore } from '@trusted-launch/service'

type Store = Awaited<ReturnType<typeof openStore>>

const subscriptionId = '11111111-2222-3333-4444-555555555555'
const type = 'Microsoft.Compute/virtualMachines'
/** So many in a group. */
const GROUP = 500
const BATCH = 250

/** About 1.5 KB, as a VM's properties are. */
const properties = {
  hardwareProfile: { vmSize: 'Standard_D2s_v5' },
  securityProfile: {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
  },
  osProfile: {
    computerName: 'web',
    adminUsername: 'azureuser',
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: {
        publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: 'x'.repeat(700) }],
      },
    },
  },
  storageProfile: {
    imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
    osDisk: { createOption: 'FromImage', managedDisk: { storageAccountType: 'Premium_LRS' } },
  },
  networkProfile: { networkInterfaces: [{ id: 'x'.repeat(150) }] },
}

function idOf(name: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/${type}/${name}`
}

const groupOf = (i: number) => `group-${String(Math.floor(i / GROUP)).padStart(4, '0')}`
const nameOf = (i: number) => `vm-${String(i).padStart(6, '0')}`

function vm(name: string, resourceGroup: string) {
  return {
    ...{ id: idOf(name, resourceGroup), type, name, subscriptionId, resourceGroup },
    ...{ parentId: null, location: 'here', tags: { team: 'blue' }, envelope: {}, properties },
    ...{ state: { vmId: randomUUID() }, provisioningState: 'Creating' as const, createdAt: 1 },
  }
}

/** What a PUT of a VM writes: resource, operation and audit in one transaction. */
export async function change(store: Store): Promise<void> {
  const made = vm(randomUUID(), 'new')
  const correlationId = randomUUID()
  const who = { principal: 'p', correlationId, subscriptionId, resourceId: made.id }
  await store.transaction(async ({ resources, operations, audit }) => {
    await resources.insert(made, 1)
    const waits = { id: randomUUID(), kind: 'vm.create', location: 'here', host: 'h', input: {} }
    const operation = await operations.enqueue({ ...who, ...waits }, 1)
    const asked = { at: 1, caller: 'c', action: `${type}/write`, result: 'Accepted', status: 201 }
    await audit.append({ ...who, ...asked, from: '127.0.0.1', operationId: operation.id })
  })
}

/** VMs from one number to another, in groups of 500. */
export async function addVirtualMachines(store: Store, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += BATCH)
    await store.transaction(async ({ resources }) => {
      for (let i = start; i < Math.min(to, start + BATCH); i++)
        await resources.insert(vm(nameOf(i), groupOf(i)), 1)
    })
}

/** A page somewhere among so many. */
export function pageOf(size: number) {
  return { type, subscriptionId, after: someId(size).toLowerCase(), limit: 100 }
}

export function someId(size: number): string {
  const i = Math.floor(Math.random() * size)
  return idOf(nameOf(i), groupOf(i))
}
