import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { evidencePath } from '../service/evidence.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

/** `tl vm clear-failure`: takes an earlier failure off a VM that has no alert of it. */
export function vmClearFailureCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('clear-failure', 'let verdicts count again after one that failed, for a reason')
    .description(
      'A verdict that failed counts against a VM until somebody clears it: by closing its alert (tl alert resolve), or by this where there is none, as of a VM without the guest attestation extension.',
    )
    .requiredOption('--reason <text>', 'why; it stays on record')
    .addHelpText('after', '\nExamples:\n  tl vm clear-failure web --reason "the kernel of a test"')
    .action(async (name: string, { reason, ...options }: VmOptions & { reason: string }) => {
      const id = await withService(async (connection) => {
        const vm = vmPath(connection, name, options)
        await connection.client.ask('POST', `${evidencePath(vm)}/clearFailure`, { reason })
        return vm
      })
      output.out(options.json === true ? jsonText({ id, cleared: true }) : 'cleared\n')
      done(EXIT.affirming)
    })
}
