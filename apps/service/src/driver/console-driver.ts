import type { Duplex } from 'node:stream'
import { ArmError, type ConsoleEnd } from '@trusted-launch/api'
import { type Host, HostError, type Machine } from '@trusted-launch/host'
import type { ConsoleDriver } from '../domain/host/consoles.ts'
import { machineOn } from './local-parts.ts'

const ENDS: Readonly<Record<string, ConsoleEnd>> = {
  'machine-missing': 'MachineEnded',
  'machine-not-running': 'MachineEnded',
  'machine-no-screen': 'ScreenNotThere',
}

/** The consoles of VMs of this machine. */
export function consoleDriver(host: Host): ConsoleDriver {
  return {
    async console(id) {
      return machineOn(host, id)?.consoles.tail() ?? null
    },

    openConsole: (id) => opened(host, id, ({ consoles }) => consoles.openSerial()),

    openScreen: (id) => opened(host, id, ({ consoles }) => consoles.openScreen()),

    async screenshot(id) {
      const machine = machineOn(host, id)
      return machine?.status().state === 'running' ? machine.consoles.screenshot() : null
    },
  }
}

/** Opens a console of a VM. @throws {ArmError} with why there is none, as `CONSOLE_ENDS` names it. */
async function opened(
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
