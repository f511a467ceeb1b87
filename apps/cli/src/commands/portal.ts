import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { withService } from '../service/with-service.ts'

/** `tl portal`: a line that signs a browser in as whoever is signed in here. */
export function portalCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('portal')
    .summary('an address that opens the portal in a browser, signed in as you')
    .description(
      'Prints an address that is good once, within a minute. Whoever opens it is signed in as you, in that browser, for up to eight hours.',
    )
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl portal\n  xdg-open "$(tl portal)"')
    .action(async ({ json }: { json?: boolean }) => {
      const { body } = await withService(({ client }) => client.ask('POST', '/portal/tickets'))
      const url = String(body!.url)
      output.out(json === true ? jsonText({ url }) : `${url}\n`)
      done(EXIT.affirming)
    })
}
