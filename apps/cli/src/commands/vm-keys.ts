import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { firmwareText } from '../service/firmware-text.ts'
import { inGroup } from '../service/standing.ts'
import { followed, type VmOptions, vmPath, vmVerb, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText } from '../table.ts'

const FIRMWARE_KEYS = 'providers/TrustedLaunch/firmwareKeys'

/** `tl vm security show-keys`: what its variable store has now. */
export function showKeysCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('show-keys', 'what its firmware trusts and forbids, as its variable store has it')
    .description(
      "PK, KEK, db and dbx of the VM's variable store as they are now, also while it runs: certificates with their dates and which of Microsoft's they are, the number of revoked hashes, shim's own keys and SBAT level, and whether Secure Boot is enforced.",
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm security show-keys web\n  tl vm security show-keys web --json',
    )
    .action(async (name: string, options: VmOptions) => {
      const { properties } = await withService((connection) =>
        connection.client.get(`${vmPath(connection, name, options)}/${FIRMWARE_KEYS}/current`),
      )
      output.out(options.json === true ? jsonText(properties) : firmwareText(properties, output))
      done(EXIT.affirming)
    })
}

/** `tl vm security update-keys`: Microsoft's current certificates and revocations. */
export function updateKeysCommand(output: Output, done: (code: ExitCode) => void): Command {
  const summary = 'add current certificates and revocations to what its firmware trusts'
  return waiting(vmVerb('update-keys', summary))
    .option('--dry-run', 'only say what it would add')
    .description(
      'Adds to KEK and db the certificates of 2023 that follow those of 2011, and to dbx the revocations that it lacks; keys of others stay as they are. The VM is deallocated: tl vm deallocate NAME. What it will measure is foretold with them, so that its next boot is affirming. PCR 7 changes: suspend disk encryption that is bound to it, or have the recovery key at hand.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm security update-keys web --dry-run\n  tl vm security update-keys web',
    )
    .action(async (name: string, options: VmOptions & { dryRun?: boolean }) => {
      await withService(async (connection) => {
        const path = `${vmPath(connection, name, options)}/${FIRMWARE_KEYS}/update`
        const asked = options.dryRun === true ? { dryRun: true } : {}
        const { body, operationUrl } = await connection.client.ask('POST', path, asked)
        if (operationUrl === null && options.json === true) return output.out(jsonText(body))
        if (options.json !== true) tellKeys(body, operationUrl !== null, output)
        if (operationUrl === null) return
        await followed(connection, `updating the keys of ${name}`, operationUrl, options, output)
        if (options.wait !== false && options.json !== true)
          output.out(`tl vm start ${name}${inGroup(options)} boots it with them\n`)
      })
      done(EXIT.affirming)
    })
}

function tellKeys(told: any, isDone: boolean, { out, err }: Output): void {
  const { has, adds, possible, why, warning } = told
  const nothing = adds.authorities.length === 0 && adds.revocations === 0
  const more = [
    ...adds.authorities,
    ...(adds.revocations > 0 ? [`${adds.revocations} revocations`] : []),
  ]
  out(
    fieldsText([
      ['has', has.length === 0 ? "none of Microsoft's" : has.join(', ')],
      [isDone ? 'adds' : 'would add', nothing ? 'nothing: it is up to date' : more.join(', ')],
      ...(possible ? [] : [['but', String(why)] as const]),
    ]),
  )
  if (warning !== undefined) err(`${plain(String(warning))}\n`)
}
