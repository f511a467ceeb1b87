import { encodeReferenceValues } from '@trusted-launch/attestation'
import { RecordedVm } from '@trusted-launch/attestation/recorded'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import type { HostDriver, openStore } from '@trusted-launch/service'

type Store = Awaited<ReturnType<typeof openStore>>
type HostFacts = NonNullable<Awaited<ReturnType<HostDriver['facts']>>>

const SUBSCRIPTIONS = 8
const BATCH = 250
const TYPE = 'Microsoft.Compute/virtualMachines'
/** Entries that the kernel's list begins without: it grows by one at a time. */
const HELD_BACK = 3

/**
 * VMs that answer as one that really booted, each by an attestation key of its own on P-256. What their TPMs and
 * guests do is timed by itself: it is the machines' work, not the verifier's.
 */
export class Fleet {
  readonly size: number
  /** Of each VM's questions, so many come after its kernel's list grew. */
  changedShare = 0
  /** Milliseconds that the machines took, of the wall and of the processor: on a busy machine these are not the same. */
  machinesMs = 0
  machinesCpuMs = 0
  readonly #vms = new Map<string, RecordedVm>()
  readonly #references: Uint8Array

  constructor(size: number, progress: (text: string) => void) {
    this.size = size
    for (let i = 0; i < size; i++) {
      const vm = new RecordedVm({ curve: 'P-256' })
      vm.imaEntries -= HELD_BACK
      this.#vms.set(machineOf(i), vm)
      if (i % 2_500 === 2_499) progress(`${i + 1} attestation keys`)
    }
    const [first] = this.#vms.values()
    this.#references = encodeReferenceValues(first!.input.references!)
  }

  /** Puts them into a database: they run, and each is to prove itself. */
  async add(store: Store): Promise<void> {
    for (let start = 0; start < this.size; start += BATCH)
      await store.transaction(async (tables) => {
        for (let i = start; i < Math.min(this.size, start + BATCH); i++) {
          const vm = resourceOf(i)
          await tables.resources.insert(vm, 1)
          const { id: resourceId, subscriptionId } = vm
          const watch = {
            isRunning: true,
            resets: 1,
            lastReset: 1,
            awaitedSince: 1,
            answered: null,
          }
          const due = { due: Number.MAX_SAFE_INTEGER, unanswered: 0, watch }
          await tables.turns.put({ vmId: vmIdOf(i), resourceId, subscriptionId, ...due })
        }
      })
  }

  /** All of them are due. */
  async hurry(store: Store, due: number): Promise<void> {
    for (let i = 0; i < SUBSCRIPTIONS; i++)
      await store.turns.hasten(`/subscriptions/${subscriptionOf(i)}`, due)
  }

  /** Some of them are due one after the other. @returns when each is. */
  async spread(
    store: Store,
    count: number,
    from: number,
    apartMs: number,
  ): Promise<Map<string, number>> {
    const due = new Map<string, number>()
    await store.transaction(async ({ turns }) => {
      for (let i = 0; i < Math.min(count, this.size); i++) {
        const watched = (await turns.get(vmIdOf(i)))!
        const at = Math.floor(from + i * apartMs)
        await turns.put({ ...watched, due: at })
        due.set(watched.vmId, at)
      }
    })
    return due
  }

  /** The host that they are on. */
  get driver(): HostDriver {
    const driver: Pick<HostDriver, 'name' | 'facts' | 'collectEvidence'> = {
      name: 'local',
      facts: async (id) => this.#factsOf(id),
      collectEvidence: async (id, request) => this.#answer(id, request),
    }
    return driver as HostDriver
  }

  #factsOf(id: string): HostFacts {
    const { expectation } = this.#vms.get(id)!.input
    return { expectation, references: this.#references, host: null, starts: null }
  }

  #answer(id: string, request: EvidenceRequest): Evidence {
    const [began, cpu] = [performance.now(), process.threadCpuUsage()]
    const vm = this.#vms.get(id)!
    if (Math.random() < this.changedShare)
      vm.imaEntries = Math.min(vm.imaEntries + 1, vm.entriesMax)
    const evidence = vm.answer(request)
    const { user, system } = process.threadCpuUsage(cpu)
    this.machinesCpuMs += (user + system) / 1000
    this.machinesMs += performance.now() - began
    return evidence
  }
}

function guidOf(i: number): string {
  return `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
}

const vmIdOf = (i: number) => guidOf(1_000_000 + i)
const machineOf = (i: number) => `vm-${vmIdOf(i)}`
const subscriptionOf = (i: number) => guidOf(i % SUBSCRIPTIONS)

function resourceOf(i: number) {
  const subscriptionId = subscriptionOf(i)
  const [name, group] = [`vm-${i}`, 'fleet']
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/${TYPE}/${name}`
  const uefiSettings = { secureBootEnabled: true, vTpmEnabled: true }
  return {
    ...{ id, type: TYPE, name, subscriptionId, resourceGroup: group, parentId: null },
    ...{ location: 'here', tags: {}, envelope: {}, createdAt: 1 },
    properties: { securityProfile: { securityType: 'TrustedLaunch', uefiSettings } },
    state: {
      vmId: vmIdOf(i),
      machine: machineOf(i),
      power: 'running',
      hasAgent: true,
      notices: [],
    },
    provisioningState: 'Succeeded' as const,
  }
}
