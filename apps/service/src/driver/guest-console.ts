import type { Duplex } from 'node:stream'
import { ArmError, type ConsoleEnd } from '@trusted-launch/api'
import { type Host, HostError, type Machine } from '@trusted-launch/host'

const ENDS: Readonly<Record<string, ConsoleEnd>> = {
  'machine-missing': 'MachineEnded',
  'machine-not-running': 'MachineEnded',
  'machine-no-screen': 'ScreenNotThere',
}

/** Opens a console of a VM. @throws {ArmError} with why there is none, as `CONSOLE_ENDS` names it. */
export async function openGuestConsole(
  host: Host,
  id: string,
  open: (machine: Machine) => Promise<Duplex>,
): Promise<Duplex> {
  try {
    return await open(host.machine(id))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const code = ENDS[error.code] ?? 'ConsoleFailed'
    throw new ArmError({ status: 409, code, message: error.message })
  }
}
