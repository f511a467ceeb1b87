import { ArmError, faults } from '@trusted-launch/api'
import type { ConsoleDriver } from '../../domain/host/consoles.ts'
import { stateOf, VM } from '../../domain/vm/vm.ts'
import { groupPath } from '../arm-type.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, Route } from '../route.ts'
import { isSigned, signedPath } from '../signed-path.ts'
import { requireVm } from './virtual-machines.ts'

/** What signs the URIs of a VM's console and screen, and where both come from. */
export interface Diagnostics {
  readonly key: Uint8Array
  readonly driver: ConsoleDriver
  readonly now: () => number
}

const MINUTES_DEFAULT = 120
const MINUTES_MAX = 1440
const FILES = { 'serial.log': 'text/plain; charset=iso-8859-1', 'screen.png': 'image/png' } as const
const MACHINE = /^vm-[0-9a-f-]{36}$/

const pathOf = (machine: string, file: keyof typeof FILES) => `/diagnostics/${machine}/${file}`

/** `retrieveBootDiagnosticsData`: URIs that need no token, for as long as was asked for. */
export function diagnosticsRoutes({ key, now }: Diagnostics, ground: Ground): Route[] {
  return [
    {
      method: 'POST',
      path: `${groupPath(VM)}/retrieveBootDiagnosticsData`,
      action: `${VM}/retrieveBootDiagnosticsData/action`,
      handle: async (request) => {
        const { machine } = stateOf(await requireVm(ground, request))
        const minutes = Number(request.query.sasuriexpirationtimeinminutes ?? MINUTES_DEFAULT)
        if (!Number.isInteger(minutes) || minutes < 1 || minutes > MINUTES_MAX)
          throw new ArmError(faults.invalidParameter('sasUriExpirationTimeInMinutes'))
        const uri = (file: keyof typeof FILES) =>
          request.base + signedPath(key, pathOf(machine, file), now() + minutes * 60_000)
        const body = {
          consoleScreenshotBlobUri: uri('screen.png'),
          serialConsoleLogBlobUri: uri('serial.log'),
        }
        return { status: 200, body }
      },
    },
  ]
}

/** What a signed URI leads to. @throws {ArmError} 403: not signed by us, or expired. */
export async function diagnosticsFile(
  { key, driver, now }: Diagnostics,
  params: { readonly machine: string; readonly file: string },
  query: Readonly<Record<string, string>>,
): Promise<ArmReply> {
  const { machine, file } = params
  const type = Object.hasOwn(FILES, file) ? FILES[file as keyof typeof FILES] : null
  const isGood =
    type !== null &&
    MACHINE.test(machine) &&
    isSigned(key, pathOf(machine, file as never), query, now())
  if (!isGood)
    throw new ArmError({
      status: 403,
      code: 'AuthenticationFailed',
      message: 'The signature of this address is not good, or not any more.',
    })
  const bytes =
    file === 'serial.log' ? await logOf(driver, machine) : await driver.screenshot(machine)
  if (bytes === null)
    throw new ArmError({
      status: 404,
      code: 'BlobNotFound',
      message: 'The virtual machine is gone, or does not run and has no screen.',
    })
  return { status: 200, body: Buffer.from(bytes), headers: { 'content-type': type } }
}

async function logOf(driver: ConsoleDriver, machine: string): Promise<Uint8Array | null> {
  const text = await driver.console(machine)
  return text === null ? null : Buffer.from(text, 'latin1')
}
