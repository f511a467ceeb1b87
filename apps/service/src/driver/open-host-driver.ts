import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fromUtf8, toUtf8 } from '@trusted-launch/codec'
import { readDurably, writeDurably } from '@trusted-launch/host'
import type { Logger } from 'pino'
import type { HostDriver } from '../domain/host-driver.ts'
import type { AllowedSource } from '../domain/sources.ts'
import { believedFirmware, learnWhereUnknown } from './firmware.ts'
import { openLocalHost } from './local-host.ts'
import { cacheDirectory } from './paths.ts'

const FILE_MAX = 100

/** The folder's VMs are on record in another database: with this one they would be removed as nobody's. */
export class ForeignHostError extends Error {
  readonly code = 'host-foreign'

  constructor(folder: string) {
    super(
      `the VMs of ${folder} are of another installation: start it with its own database (tl up --database), or move that by tl backup and tl restore`,
    )
    this.name = 'ForeignHostError'
  }
}

/**
 * This machine as a host, its VMs and their reference values below a folder, which is one installation's for ever.
 * @throws {ForeignHostError} @throws {HostError} @throws {StateError} `state-locked`
 */
export async function openHostDriver(
  folder: string,
  tenantId: string,
  log: Logger,
  allowedSources: readonly AllowedSource[],
): Promise<HostDriver> {
  await requireOwn(folder, tenantId)
  return openLocalHost({
    stateDirectory: join(folder, 'host'),
    disksDirectory: join(folder, 'disks'),
    snapshotsDirectory: join(folder, 'snapshots'),
    imagesDirectory: folder,
    allowedSources,
    referencesDirectory: join(folder, 'references'),
    ...{ cacheDirectory, log },
    believe: async (shape, signal) => {
      const tell = ({ message }: { message: string }) => log.info(message)
      await learnWhereUnknown(shape, tell, signal)
      return believedFirmware(shape.firmwareSha256)
    },
  })
}

/** The installation whose host this is: the first that opened it. @throws {ForeignHostError} */
export async function requireOwn(folder: string, tenantId: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'installation')
  const own = await readDurably(file, FILE_MAX)
  if (own === null) await writeDurably(file, toUtf8(`${tenantId}\n`), 0o600)
  else if (fromUtf8(own).trim() !== tenantId) throw new ForeignHostError(folder)
}
