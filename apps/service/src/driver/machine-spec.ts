import { toUtf8 } from '@trusted-launch/codec'
import type { Image, MachineSpec, RecordedSpec } from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { MachinePlan } from '../domain/host/machines.ts'

type MachineNetwork = NonNullable<MachineSpec['network']>

/** What a vTPM is made with, and what is foretold. */
export const BANKS = ['sha256'] as const

/** A VM's plan, as the host is told it. @param signatures the keys that its firmware gets. */
export function specOf(
  plan: MachinePlan,
  image: Image,
  signatures: SecureBootTemplate,
  isBridged: boolean,
): MachineSpec {
  const { id, name, vcpus, memoryMiB, secureBoot, vTpm, seed } = plan
  const { machineOwnerKeys, guestCommands } = plan
  return {
    ...{ id, name, vcpus, memoryMiB, secureBoot, machineOwnerKeys, guestCommands },
    disk: { path: image.path, format: image.format },
    guest: plan.osType === 'Windows' ? 'windows' : 'linux',
    // Of no use to a kernel that does not ask for it; Windows' protection of its kernel from devices does.
    iommu: plan.osType === 'Windows',
    firmware: firmwareOf(plan),
    // also without Secure Boot: it may be switched on later
    signatures,
    vtpm: vTpm ? { banks: BANKS } : null,
    network: networkOf(plan, isBridged),
    dataDisks: [],
    seed:
      seed === null ? null : { userData: toUtf8(seed.userData), metaData: toUtf8(seed.metaData) },
  }
}

/** What starts a VM of this generation. */
export function firmwareOf({ generation }: Pick<MachinePlan, 'generation'>): 'uefi' | 'bios' {
  return generation === 'V1' ? 'bios' : 'uefi'
}

/** The system that a VM was made for. */
export function systemOf({ guest }: Pick<RecordedSpec, 'guest'>): 'Linux' | 'Windows' {
  return guest === 'windows' ? 'Windows' : 'Linux'
}

/**
 * Its part in a network that the host makes, or a network of the VM's own, with its SSH to be reached at a port of the
 * host's loopback as its groups allow; null: none.
 * @param isBridged whether the host makes networks.
 */
export function networkOf(
  { network }: Pick<MachinePlan, 'network'>,
  isBridged: boolean,
): MachineNetwork | null {
  if (network === null) return null
  const { macAddress: mac, sshPort, part } = network
  if (isBridged && part !== null) return { kind: 'bridged', mac, network: part.network }
  const isForwarded = sshPort !== null && part?.letsSshIn !== false
  const forwards = isForwarded
    ? [{ hostAddress: '127.0.0.1' as const, hostPort: sshPort, guestPort: 22 }]
    : []
  if (part === null) return { kind: 'user', mac, forwards }
  const { prefix, router, address, letsOut } = part
  return { kind: 'user', mac, forwards, restrict: !letsOut, addresses: { prefix, router, address } }
}
