import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { currentProfile } from '../service/profile.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText } from '../table.ts'

/** `tl whoami`: whom the control plane takes us for, tried. */
export function whoamiCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('whoami')
    .summary('who is signed in, and where; the control plane is asked')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl whoami\n  tl whoami --json')
    .action(async ({ json }: { json?: boolean }) => {
      const { file } = currentProfile()
      const view = await withService(async ({ profile, client, subscription }) => {
        const { displayName } = await client.get(subscription)
        const { endpoint, tenantId, clientId, subscriptionId, group } = profile
        const name = String(displayName)
        return { endpoint, tenantId, clientId, subscriptionId, subscription: name, group, file }
      })
      const text = fieldsText([
        ['control plane', view.endpoint],
        ['signed in as', view.clientId],
        ['tenant', view.tenantId],
        ['subscription', `${view.subscription} (${view.subscriptionId})`],
        ['group', view.group],
        ['kept in', view.file],
      ])
      output.out(json === true ? jsonText(view) : text)
      done(EXIT.affirming)
    })
}
