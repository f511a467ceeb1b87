import { Command } from 'commander'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { foundImage } from '../service/found-image.ts'
import { grouped } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'

/** Where they are, below a subscription. */
export const BINDINGS = '/providers/TrustedLaunch/imageBindings'

interface Options {
  readonly group?: string
  readonly json?: boolean
}

/** `tl image bind` and `tl image unbind`: names of Azure's marketplace that mean an image here. */
export function imageBindCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const bind = grouped(new Command('bind'))
    .summary("let a name of Azure's marketplace mean an image here")
    .description('Scripts and templates that name that image run unchanged then.')
    .argument('<name>', 'PUBLISHER:OFFER:SKU, such as Debian:debian-12:12-gen2')
    .argument('<image>', 'an image by its name or id, or PUBLISHER:OFFER:SKU[:VERSION]')
    .addHelpText(
      'after',
      '\nExamples:\n  tl image bind Debian:debian-12:12-gen2 debian\n  tl vm create --name web --image Debian:debian-12:12-gen2',
    )
    .action(async (name: string, image: string, { group, json }: Options) => {
      const bound = await withService(async (connection) => {
        const meant = await foundImage(connection, image, group)
        const path = pathOf(connection.subscription, name)
        return (await connection.client.ask('PUT', path, { properties: { image: meant } })).body
      })
      output.out(json === true ? jsonText(bound) : `${name} means ${image} from now on\n`)
      done(EXIT.affirming)
    })
  const unbind = new Command('unbind')
    .summary('let a bound name mean nothing again')
    .argument('<name>', 'PUBLISHER:OFFER:SKU')
    .addHelpText('after', '\nExamples:\n  tl image unbind Debian:debian-12:12-gen2')
    .action(async (name: string) => {
      const { status } = await withService(({ client, subscription }) =>
        client.ask('DELETE', pathOf(subscription, name)),
      )
      if (status === 204) throw new Error(`${name} is not bound; tl image list shows what is`)
      output.out(`${name} means nothing any more\n`)
      done(EXIT.affirming)
    })
  return [bind, unbind]
}

function pathOf(subscription: string, name: string): string {
  if (!/^[\w.-]+:[\w.-]+:[\w.-]+$/.test(name))
    throw new UsageError(
      `${name} is no name of the marketplace: PUBLISHER:OFFER:SKU, such as Debian:debian-12:12-gen2`,
    )
  return `${subscription}${BINDINGS}/${name}`
}
