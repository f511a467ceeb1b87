import { MalformedError } from '@trusted-launch/codec'
import { parseIncusConfig } from './incus-config.ts'
import { parseLibvirtDomain } from './libvirt-domain.ts'
import { parseProxmoxConfig } from './proxmox-config.ts'

/** A VM of another manager's, as its own configuration tells of it; null: it does not say. */
export interface ForeignMachine {
  readonly name: string | null
  readonly vcpus: number | null
  readonly memoryMiB: number | null
  /** The file of its first disk. */
  readonly disk: string | null
  /** Its variable store's file. */
  readonly variables: string | null
  readonly secureBoot: boolean | null
  readonly hasTpm: boolean
  /** Other disks, which do not come along. */
  readonly otherDisks: readonly string[]
}

export const managers = ['libvirt', 'proxmox', 'incus'] as const
export type Manager = (typeof managers)[number]

/** More is no configuration of one VM. */
export const configBytesMax = 1 << 20

const parsers: Readonly<Record<Manager, (text: string) => ForeignMachine>> = {
  libvirt: parseLibvirtDomain,
  proxmox: parseProxmoxConfig,
  incus: parseIncusConfig,
}

/** Reads what a manager wrote of a VM. @throws {MalformedError} it is none of that manager's. */
export function parseForeignMachine(manager: Manager, text: string): ForeignMachine {
  if (text.length > configBytesMax) throw new MalformedError('', 0, `more than ${configBytesMax}`)
  return parsers[manager](text)
}
