import { keyOf } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { BINDINGS } from './image-bind.ts'
import { IMAGE } from './image-import.ts'

/** `tl image delete`: an imported image goes, with its bytes. */
export function imageDeleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return waiting(grouped(new Command('delete')))
    .summary('delete an imported image; not while a VM was made of it, or a name means it')
    .argument('<image>', "the image's name")
    .addHelpText('after', '\nExamples:\n  tl image delete debian')
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = connection.resource(IMAGE, name, options.group)
        await refuseBound(connection, path, name)
        const { status, operationUrl } = await connection.client.ask('DELETE', path)
        if (status === 204) throw new Error(`there is no image ${name}; tl image list shows them`)
        await followed(connection, `deleting ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
}

/** What names that image runs no more without it. @throws {Error} one does. */
async function refuseBound(
  { client, subscription }: Connection,
  path: string,
  name: string,
): Promise<void> {
  const bindings = await everything<any>(client.list(`${subscription}${BINDINGS}`))
  const bound = bindings.find(({ properties }) => keyOf(properties.image.id ?? '') === keyOf(path))
  if (bound === undefined) return
  const told = plain(String(bound.name))
  throw new Error(
    `${name} is what ${told} means: tl image unbind ${told}; then the same again, or bind it to another image`,
  )
}
