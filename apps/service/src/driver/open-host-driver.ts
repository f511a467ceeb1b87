import { join } from 'node:path'
import type { Logger } from 'pino'
import type { HostDriver } from '../domain/host-driver.ts'
import { believedFirmware, learnWhereUnknown } from './firmware.ts'
import { LocalHost } from './local-host.ts'
import { cacheDirectory } from './paths.ts'

/** This machine as a host, its VMs and their reference values below the data folder. */
export function openHostDriver(data: string, log: Logger): Promise<HostDriver> {
  return LocalHost.open({
    stateDirectory: join(data, 'host'),
    disksDirectory: join(data, 'disks'),
    referencesDirectory: join(data, 'references'),
    ...{ cacheDirectory, log },
    believe: async (shape, signal) => {
      const tell = ({ message }: { message: string }) => log.info(message)
      await learnWhereUnknown(shape, tell, signal)
      return believedFirmware(shape.firmwareSha256)
    },
  })
}
