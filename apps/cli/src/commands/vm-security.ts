import { securityProfile } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { followedBoot } from '../service/standing.ts'
import { type VmOptions, vmPath, vmVerb, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { securityAsked, securityOptions } from './vm-create.ts'
import { showKeysCommand, updateKeysCommand } from './vm-keys.ts'

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
    .addCommand(showKeysCommand(output, done))
    .addCommand(updateKeysCommand(output, done))
}
