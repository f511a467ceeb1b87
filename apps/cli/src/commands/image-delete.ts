import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { IMAGE } from './image-import.ts'

/** `tl image delete`: an imported image goes, with its bytes. */
export function imageDeleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return waiting(grouped(new Command('delete')))
    .summary('delete an imported image; not while a VM was made of it')
    .argument('<image>', "the image's name")
    .addHelpText('after', '\nExamples:\n  tl image delete debian')
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = connection.resource(IMAGE, name, options.group)
        const { status, operationUrl } = await connection.client.ask('DELETE', path)
        if (status === 204) throw new Error(`there is no image ${name}; tl image list shows them`)
        await followed(connection, `deleting ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
}
