import { ArmError } from '@trusted-launch/api'
import { COMMAND_SECONDS, commandKey, resultOf } from '../../domain/vm/run-command.ts'
import { stateOf, textAt } from '../../domain/vm/vm.ts'
import type { Handler } from '../worker.ts'
import { type VmGround, VmJob } from './vm-job.ts'

/** Runs a command once: whoever takes over from one that was cut off meanwhile says so instead of running it again. */
export function runCommand(ground: VmGround): Handler {
  return async (job) => {
    const key = textAt(job.operation.input, 'command') ?? ''
    try {
      const vm = await new VmJob(job, ground).require()
      const command = await ground.commandOf(key)
      if (command === null || job.operation.progress.isBegun === true) throw new ArmError(cutOff)
      await job.tell(10, 'running the command', { isBegun: true })
      return resultOf(await ground.driver.runCommand(stateOf(vm).machine, command, COMMAND_SECONDS))
    } finally {
      if (!job.signal.aborted)
        await job.under(({ values }) => values.delete(commandKey(key))).catch(() => {})
    }
  }
}

const cutOff = {
  status: 409,
  code: 'CommandInterrupted',
  message: 'The service stopped while the command ran: how far it came is not known.',
}
