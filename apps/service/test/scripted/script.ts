import type { Duplex } from 'node:stream'
import type { Examination } from '@trusted-launch/bootchain'
import type { VariableStore } from '@trusted-launch/uefi'
import type { FirmwareKeys } from '../../src/domain/host/firmware-keys.ts'
import type { Boot } from '../../src/domain/host/machines.ts'
import type { Capacity } from '../../src/domain/host-driver.ts'
import type { Command, CommandEnd } from '../../src/domain/vm/run-command.ts'

/** What a scripted host is to do; time and failures are all that it makes up. */
export interface Script {
  /** Before each deed, by its name and the VM. @throws what the deed is to fail with. */
  readonly before?: (deed: string, id: string, signal?: AbortSignal) => Promise<void> | void
  readonly boot?: (id: string) => Boot
  readonly capacity?: Partial<Capacity>
  /** The exact name of an image; by default the one that was asked for. */
  readonly prepared?: (image: string) => string
  /** By default the one that it has. */
  readonly sshPort?: (id: string, kept: number | null) => number
  /** What is found when an image is looked at. */
  readonly examination?: Partial<Examination>
  /** What the disks of its VMs lack to boot by UEFI. */
  readonly lacks?: readonly string[]
  /** What the firmware of its VMs begins with; by default nothing at all. */
  readonly firmwareKeys?: FirmwareKeys
  /** What else their variable stores have. */
  readonly variables?: VariableStore
  /** What on the disks of its VMs would be refused with more keys. */
  readonly refuses?: string
  /** A VM's serial port; by default it prints what is typed. */
  readonly serial?: (id: string) => Duplex
  /** Its screen, by RFB; by default there is none. */
  readonly screen?: (id: string) => Duplex
  /** How a command ends; by default its script is its output. */
  readonly command?: (command: Command) => CommandEnd
}

const SUPPORTED: Examination = {
  rows: [],
  hyperVGeneration: 'V2',
  startsBy: 'UEFI',
  architecture: 'x64',
  osType: 'Linux',
  distribution: 'debian',
  securityType: 'TrustedLaunchSupported',
  conclusion: 'TrustedLaunchSupported',
  sizeBytes: 1 << 30,
}

/** What is found on an image, or on a disk that a VM may start from. */
export function examinationIn({ examination }: Script): Examination {
  return { ...SUPPORTED, ...examination }
}
