import { mkdirSync } from 'node:fs'
import { openHost, whyNoWindows } from '@trusted-launch/host'
import type { Logger } from 'pino'
import { platformImages } from '../catalogue/images.ts'
import type { Capacity, HostDriver, HostEvent } from '../domain/host-driver.ts'
import { consoleDriver } from './console-driver.ts'
import { diskDriver } from './disk-driver.ts'
import { evidenceDriver } from './evidence-driver.ts'
import { firmwareKeyDriver } from './firmware-key-driver.ts'
import { imageDriver } from './image-driver.ts'
import { leftoverDriver } from './leftovers.ts'
import { type LocalParts, type LocalPartsOptions, localParts } from './local-parts.ts'
import { machineDriver } from './machine-driver.ts'
import { networkDriver } from './network-driver.ts'
import { restorePointDriver } from './restore-point-driver.ts'
import { snapshotDriver } from './snapshot-driver.ts'
import { uploadDriver } from './upload-driver.ts'

export interface LocalHostOptions extends LocalPartsOptions {
  /** Where VMs and their vTPMs are kept. */
  readonly stateDirectory: string
  readonly log: Logger
}

/** The host that this process holds: takes over the VMs that run. @throws {HostError} */
export async function openLocalHost(options: LocalHostOptions): Promise<HostDriver> {
  mkdirSync(options.referencesDirectory, { recursive: true, mode: 0o700 })
  const { log, stateDirectory } = options
  let told: (id: string, what: HostEvent) => void = () => {}
  const host = await openHost({
    stateDirectory,
    onEvent: (id, what) => told(id, what),
    log: ({ level, event, vm, message }) =>
      log[level === 'warning' ? 'warn' : 'info']({ event, vm }, message),
  })
  const parts = localParts(host, options)
  return {
    name: 'local',
    ...machineDriver(parts),
    ...imageDriver(parts),
    ...uploadDriver(parts.taken),
    ...diskDriver(parts),
    ...snapshotDriver(parts),
    ...restorePointDriver(host),
    ...firmwareKeyDriver(parts),
    ...networkDriver(host),
    ...leftoverDriver(parts.shelves),
    ...evidenceDriver(parts),
    ...consoleDriver(host),
    capacity: () => capacityOf(parts),
    watch: (from) => {
      told = from
    },
    // VMs run on.
    close: () => host.close(),
  }
}

async function capacityOf({ host, disks, images }: LocalParts): Promise<Capacity> {
  const acceleration = await host.acceleration()
  const { accelerator } = acceleration
  const noWindows = whyNoWindows(acceleration)
  const diskGib = await disks.roomGib(host.machines().map(({ diskFile }) => diskFile))
  const versions: Record<string, readonly string[]> = {}
  for (const { host: name } of platformImages) versions[name] = await images.versionsOf(name)
  const mode = await host.networkMode()
  const noNetworks = mode.kind === 'bridged' ? null : mode.reason
  return { ...host.capacity(), accelerator, noWindows, noNetworks, diskGib, images: versions }
}
