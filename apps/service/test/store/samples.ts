import { createHash } from 'node:crypto'
import type {
  Attestation,
  AuditEvent,
  Event,
  Operations,
  Resource,
} from '../../src/domain/store.ts'

export const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555'
export const VM = 'Microsoft.Compute/virtualMachines'

export function vmId(name: string, group = 'Web'): string {
  return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/${VM}/${name}`
}

/** A virtual machine to insert. */
export function vm(name: string, group = 'Web'): Omit<Resource, 'etag' | 'changedAt'> {
  return {
    id: vmId(name, group),
    type: VM,
    name,
    subscriptionId: SUBSCRIPTION,
    resourceGroup: group,
    parentId: null,
    location: 'here',
    tags: { team: 'blue' },
    envelope: { zones: ['1'] },
    properties: { hardwareProfile: { vmSize: 'Standard_D2s_v5' } },
    state: { vmId: 'a' },
    provisioningState: 'Creating',
    createdAt: 5,
  }
}

let count = 0

/** An operation to enqueue, with an id of its own. */
export function operation(
  name = 'a',
  host: string | null = null,
): Parameters<Operations['enqueue']>[0] {
  return {
    id: `00000000-0000-0000-0000-${String(++count).padStart(12, '0')}`,
    kind: 'vm.create',
    resourceId: vmId(name),
    subscriptionId: SUBSCRIPTION,
    location: 'here',
    host,
    input: { start: true },
    principal: 'p',
    correlationId: 'c',
  }
}

export function event(action = 'write', at = 1): AuditEvent {
  return {
    at,
    principal: 'p',
    caller: 'somebody',
    action,
    resourceId: vmId('a'),
    subscriptionId: SUBSCRIPTION,
    result: 'Accepted',
    status: 201,
    from: '127.0.0.1',
    correlationId: 'c',
    operationId: null,
  }
}

/** What every record has, as reference values. */
export const SHARED = new TextEncoder().encode(text('shared', 20_000))

/** An attestation whose record has a part of its own, what the VM's others have, and what all have. */
export function attestation(
  id: string,
  at: number,
  vmId = 'vm-a',
  tier = 'affirming',
): Attestation {
  const parts = [text(vmId, 3_000), text(id, 120), new TextDecoder().decode(SHARED), vmId]
  const record = new TextEncoder().encode(parts.join('|'))
  return { id, vmId, at, tier, findings: tier === 'affirming' ? [] : [{ id: tier }], record }
}

/** Characters without a pattern, the same for the same name. */
function text(name: string, length: number): string {
  let all = ''
  for (let i = 0; all.length < length; i++)
    all += createHash('sha256').update(`${name} ${i}`).digest('base64')
  return all.slice(0, length)
}

/** Something that happened to the alert of a VM. */
export function alertEvent(at: number, name = 'a'): Omit<Event, 'sequence'> {
  return {
    id: `00000000-0000-0000-0001-${String(++count).padStart(12, '0')}`,
    ...{ at, kind: 'alert', subscriptionId: SUBSCRIPTION, resourceId: vmId(name) },
    data: { what: 'raised' },
  }
}
