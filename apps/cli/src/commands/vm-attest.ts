import { type Command, Option } from 'commander'
import type { ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { concluded, standingBeside } from '../service/attested.ts'
import {
  evidencePath,
  exportRecord,
  lastVerdict,
  requireNoOther,
  requireWritable,
  verdictOf,
} from '../service/evidence.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

interface Options extends VmOptions {
  readonly last?: boolean
  readonly export?: string
  readonly force?: boolean
}

/** `tl vm attest`: has a VM prove how it booted, and says what the verifier of the control plane thinks of it. */
export function vmAttestCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('attest', 'have a VM prove how it booted, now')
    .description(
      "Asks the VM for fresh evidence and prints the control plane's verdict on it. It is believed as the control plane is; --export saves what it was made from, and `tl appraise FILE` makes it again on your machine.",
    )
    .option('--last', 'ask nothing: the newest verdict that is kept')
    .addOption(new Option('--export <file>', 'save the appraisal record'))
    .option('--force', 'with --export: overwrite what else is in that file')
    .addHelpText(
      'after',
      `
Examples:
  tl vm attest web
  tl vm attest web --last
  tl vm attest web --export web.json && tl appraise web.json

With --export, the keys that the control plane signs with and the authorities of its vTPMs are kept too
(~/.config/trusted-launch/trust): tl appraise believes them, as you believe the control plane.

Exit codes: 0 affirming, 1 no verdict, 2 usage, 3 contraindicated, 4 warning.`,
    )
    .action(async (name: string, options: Options) => {
      const { force } = options
      if (options.export !== undefined) {
        requireWritable(options.export)
        if (options.last !== true && force !== true) requireNoOther(options.export, null)
      }
      const { result, end } = await withService(async (connection) => {
        const vm = vmPath(connection, name, options)
        const verdict = await (options.last === true
          ? lastVerdict(connection, vm)
          : freshVerdict(connection, name, vm, output))
        if (options.export !== undefined)
          await exportRecord(connection, verdict, { file: options.export, force }, output)
        if (options.json === true) return { result: verdict.result, end: '' }
        const standing = await standingBeside(connection, vm, verdict.result)
        const of = `${name}${inGroup(options)}`
        return { result: verdict.result, end: concluded(verdict.result, standing, of) }
      })
      // the verifier's words are most of what there is to load, and no list of VMs wants them
      const { exitCodeOfTier, textOfResult } = await import('../verdict.ts')
      output.out(
        options.json === true ? jsonText(result) : textOfResult(result, true, output) + end,
      )
      done(exitCodeOfTier(result.tier))
    })
}

async function freshVerdict(
  connection: Parameters<typeof verdictOf>[0],
  name: string,
  vm: string,
  output: Output,
) {
  const { operationUrl } = await connection.client.ask('POST', `${evidencePath(vm)}/attest`)
  const end = await waited(connection, `attesting ${name}`, operationUrl!, output)
  return verdictOf(connection, vm, (end as any).properties.output.id)
}
