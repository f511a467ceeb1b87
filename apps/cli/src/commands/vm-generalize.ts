import type { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { type VmOptions, vmPath, vmVerb } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

/** `tl vm generalize`: a stopped VM whose system was made anybody's becomes what images are made of, for good. */
export function vmGeneralizeCommand(output: Output, done: (code: ExitCode) => void): Command {
  return vmVerb('generalize', 'mark a stopped VM as the source of an image: it never starts again')
    .addHelpText(
      'after',
      '\nFirst, in the guest: cloud-init clean --machine-id --logs, and what else is its own alone.\n\nExamples:\n  tl vm deallocate web\n  tl vm generalize web',
    )
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        await connection.client.ask('POST', `${vmPath(connection, name, options)}/generalize`)
      })
      const text = `${name} is generalized: tl gallery image-version create GALLERY DEFINITION VERSION --vm ${name} makes an image of it\n`
      output.out(options.json === true ? jsonText({ status: 'Succeeded' }) : text)
      done(EXIT.affirming)
    })
}
