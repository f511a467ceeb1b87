import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { tableText } from '../table.ts'

/** `tl os list`: what has been said of operating systems with Trusted Launch; a floor, no fence. */
export function osCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = new Command('list')
    .summary('releases, and what was said of each with Trusted Launch, by whom and when')
    .addHelpText('after', '\nExamples:\n  tl os list')
    .description(
      'Two pages of the vendor speak of them: `then` is the older, `now` the newest that names the release. Others may boot as well: tl image inspect FILE looks at one.',
    )
    .option('--json', 'one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const { systems } = await import('@trusted-launch/service')
      const said = (statement: { state: string; date: string } | null) =>
        statement === null ? 'not named' : `${statement.state} (${statement.date})`
      const rows = systems.map(({ system, version, mission, current }) => [
        ...[system, version, said(mission), said(current)],
      ])
      const text = tableText(['system', 'release', 'then', 'now'], rows, output.width)
      output.out(json === true ? jsonText(systems) : text)
      done(EXIT.affirming)
    })
  return new Command('os')
    .summary('which operating systems are known with Trusted Launch')
    .addHelpText('after', '\nExamples:\n  tl os list\n  tl os list --json')
    .addCommand(list)
}
