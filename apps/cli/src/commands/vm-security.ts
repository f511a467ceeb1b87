import { securityProfile } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { followedBoot, inGroup } from '../service/standing.ts'
import { followed, type VmOptions, vmPath, vmVerb, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText } from '../table.ts'
import { securityAsked, securityOptions } from './vm-create.ts'

/** `tl vm security …`: Secure Boot, vTPM, security type and firmware's keys of a VM that is there. */
export function vmSecurityCommand(output: Output, done: (code: ExitCode) => void): Command {
  const set = waiting(vmVerb('set', 'switch Secure Boot or the vTPM, or change the security type'))
  for (const option of securityOptions()) set.addOption(option)
  set
    .description(
      'Secure Boot and vTPM may be switched while the VM runs, which restarts it. The security type may be changed of a deallocated VM only: tl vm deallocate NAME.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl vm security set web --secure-boot off\n  tl vm security set web --security-type TrustedLaunch --vtpm on',
    )
    .action(async (name: string, options: VmOptions & Parameters<typeof securityAsked>[0]) => {
      const profile = securityProfile(securityAsked(options))
      if (profile === null)
        throw new UsageError('nothing to change: --secure-boot, --vtpm or --security-type')
      await withService(async (connection) => {
        const body = { properties: { securityProfile: profile } }
        const path = vmPath(connection, name, options)
        const { operationUrl } = await connection.client.ask('PATCH', path, body)
        await followedBoot(connection, 'changing', name, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return new Command('security')
    .summary('what protects a VM')
    .addHelpText('after', '\nExamples:\n  tl vm security set web --secure-boot off')
    .addCommand(set)
    .addCommand(updateKeysCommand(output, done))
}

/** `tl vm security update-keys`: Microsoft's current certificates and revocations. */
function updateKeysCommand(output: Output, done: (code: ExitCode) => void): Command {
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
        const path = `${vmPath(connection, name, options)}/providers/TrustedLaunch/firmwareKeys/update`
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
