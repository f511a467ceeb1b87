import { ArmError } from '@trusted-launch/api'
import { type Host, MachineError } from '@trusted-launch/host'
import type { Command, CommandEnd } from '../domain/vm/run-command.ts'

/** Has the guest of a running VM run a script. @throws {ArmError} nobody there does. */
export async function runInGuest(
  host: Host,
  id: string,
  command: Command,
  timeoutSeconds: number,
): Promise<CommandEnd> {
  try {
    return await host.machine(id).runScript({ ...command, timeoutSeconds })
  } catch (error) {
    if (!(error instanceof MachineError)) throw error
    throw new ArmError({
      status: 409,
      code: 'VMAgentStatusCommunicationError',
      message: error.message,
    })
  }
}
