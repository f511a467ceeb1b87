import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { everything } from '../service/everything.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText, tableText } from '../table.ts'
import { GALLERY, galleryAt, type Level } from './gallery-resources.ts'

/** A command that takes the names of a level: all of them, or those of what holds it. */
export function atLevel(level: Level, verb: string, isWithin = false): Command {
  const command = grouped(new Command(verb))
  const names = isWithin ? level.names.slice(0, -1) : level.names
  for (const [name, what] of names) command.argument(`<${name}>`, what)
  return command
}

/** The names that were typed: commander hands over the options and the command behind them. */
export const typedOf = <T extends VmOptions>(all: readonly unknown[]) => ({
  names: all.slice(0, -2) as string[],
  options: all.at(-2) as T,
})

/** `list`, `show` and `delete` of a level: they are alike for galleries, definitions and versions. */
export function levelCommands(
  level: Level,
  typed: string,
  output: Output,
  done: (code: ExitCode) => void,
): Command[] {
  const above = level.example.split(' ').slice(0, -1).join(' ')
  const list = atLevel(level, 'list', true)
    .summary(`${level.nouns}${level.names.length === 1 ? '' : ' in it'}`)
    .addHelpText('after', `\nExamples:\n  ${`${typed} list ${above}`.trim()}`)
    .action(async (...all: unknown[]) => {
      const { names, options } = typedOf(all)
      const found = await withService((connection) => {
        const { group } = options
        const scope = group === undefined ? connection.subscription : connection.group(group)
        const path =
          names.length === 0
            ? `${scope}/providers/${GALLERY}`
            : galleryAt(connection, names, group) + level.collection
        return everything<any>(connection.client.list(path))
      })
      output.out(options.json === true ? jsonText(found) : textOf(level, found, output.width))
      done(EXIT.affirming)
    })
  const show = atLevel(level, 'show')
    .summary(`one ${level.noun}`)
    .addHelpText('after', `\nExamples:\n  ${typed} show ${level.example}`)
    .action(async (...all: unknown[]) => {
      const { names, options } = typedOf(all)
      const found: any = await withService((connection) =>
        connection.client.get(galleryAt(connection, names, options.group)),
      )
      output.out(options.json === true ? jsonText(found) : fieldsText(level.fields(found)))
      done(EXIT.affirming)
    })
  const remove = waiting(atLevel(level, 'delete'))
    .summary(`delete a ${level.noun}; not while something in it, or made of it, is there`)
    .option('--dry-run', 'only tell whether it is there, and what it is')
    .addHelpText('after', `\nExamples:\n  ${typed} delete ${level.example}`)
    .action(async (...all: unknown[]) => {
      const { names, options } = typedOf<VmOptions & { dryRun?: boolean }>(all)
      await withService(async (connection) => {
        const path = galleryAt(connection, names, options.group)
        const there = await connection.client.get(path)
        if (options.dryRun === true) {
          const text = `it would be deleted:\n${fieldsText(level.fields(there))}`
          return output.out(options.json === true ? jsonText(there) : text)
        }
        const { operationUrl } = await connection.client.ask('DELETE', path)
        await followed(connection, `deleting ${names.at(-1)}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return [list, show, remove]
}

function textOf({ nouns, fields }: Level, found: readonly any[], width: number): string {
  if (found.length === 0) return `no ${nouns}\n`
  const rows = found.map((one) => fields(one).map(([, value]) => plain(value)))
  return tableText(
    fields(found[0]).map(([name]) => name),
    rows,
    width,
  )
}
