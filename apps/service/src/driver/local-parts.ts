import type { Host, Machine } from '@trusted-launch/host'
import type { AllowedSource } from '../domain/sources.ts'
import { DiskFiles } from './disk-files.ts'
import { HostFirmware } from './host-firmware.ts'
import type { Shelf } from './leftovers.ts'
import { LocalImages } from './local-images.ts'
import { LocalReferences, type ReferencesOptions } from './local-references.ts'
import { MachineImages } from './machine-images.ts'
import { diskShelf, pointShelf } from './shelves.ts'
import { Snapshots } from './snapshots.ts'

export interface LocalPartsOptions extends ReferencesOptions {
  /** Data disks, on the file system of the state directory. */
  readonly disksDirectory: string
  /** Snapshots of disks, on the same file system. */
  readonly snapshotsDirectory: string
  /** Images of others, and uploads; on the same file system. */
  readonly imagesDirectory: string
  /** The hosts that something may be fetched from. */
  readonly allowedSources: readonly AllowedSource[]
  /** Where images are built and kept: `.cache` of the project. */
  readonly cacheDirectory: string
}

/** What this machine is, as a host. */
export interface LocalParts {
  readonly host: Host
  readonly firmware: HostFirmware
  readonly disks: DiskFiles
  readonly snapshots: Snapshots
  /** Images of others, and what is uploaded. */
  readonly taken: LocalImages
  readonly images: MachineImages
  readonly references: LocalReferences
  readonly shelves: readonly Shelf[]
}

export function localParts(host: Host, options: LocalPartsOptions): LocalParts {
  const disks = new DiskFiles(options.disksDirectory)
  const ofSnapshots = new DiskFiles(options.snapshotsDirectory)
  const snapshots = new Snapshots(ofSnapshots, disks, (id) => machineOn(host, id))
  const taken = new LocalImages(options.imagesDirectory, options.allowedSources, (bytes) =>
    host.guestStates.open(bytes),
  )
  const images = new MachineImages(taken, options.cacheDirectory)
  const firmware = new HostFirmware(host)
  const references = new LocalReferences(options, firmware, images)
  const isInUse = (path: string) =>
    host.machines().some(({ spec }) => spec.dataDisks?.some((disk) => disk.path === path))
  const shelves = [
    diskShelf('disk', disks, isInUse),
    diskShelf('snapshot', ofSnapshots, isInUse),
    pointShelf(host),
    taken.store,
  ]
  return { host, firmware, disks, snapshots, taken, images, references, shelves }
}

/** Null: there is no such VM. */
export function machineOn(host: Host, id: string): Machine | null {
  return host.machines().find((machine) => machine.id === id) ?? null
}
