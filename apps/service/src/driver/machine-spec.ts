import { toUtf8 } from '@trusted-launch/codec'
import type { Image, MachineSpec, RecordedSpec } from '@trusted-launch/host'
import type { SecureBootTemplate } from '@trusted-launch/uefi'
import type { MachinePlan } from '../domain/host-driver.ts'

type UserNetwork = NonNullable<MachineSpec['network']>

/** What a vTPM is made with, and what is foretold. */
export const BANKS = ['sha256'] as const

/** A VM's plan, as the host is told it. @param signatures the keys that its firmware gets. */
export function specOf(
  plan: MachinePlan,
  image: Image,
  signatures: SecureBootTemplate,
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
    network: networkOf(plan),
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

/** A network of the VM's own, with its SSH to be reached at a port of the host's loopback; null: none. */
export function networkOf({ network }: Pick<MachinePlan, 'network'>): UserNetwork | null {
  if (network === null) return null
  const { macAddress: mac, sshPort } = network
  const forwards =
    sshPort === null
      ? []
      : [{ hostAddress: '127.0.0.1' as const, hostPort: sshPort, guestPort: 22 }]
  return { kind: 'user', mac, forwards }
}
