import { parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { madeWhereMissing } from '../service/made-where-missing.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import type { VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { definitionCommand } from './gallery-definition.ts'
import { atLevel, levelCommands } from './gallery-level.ts'
import { galleryAt, type Level } from './gallery-resources.ts'
import { versionCommand } from './gallery-version.ts'

const LEVEL: Level = {
  ...{ noun: 'gallery', nouns: 'galleries' },
  names: [['gallery', "the gallery's name"]],
  collection: '',
  fields: ({ name, id, location, properties: of }) => [
    ['name', String(name)],
    ['group', parseResourceId(String(id))?.resourceGroup ?? ''],
    ['location', String(location)],
    ['description', String(of.description ?? '')],
  ],
  example: 'ours',
  next: (name, of) => `tl gallery image-definition create ${name} DEFINITION${of}`,
}

/** `tl gallery …`: images in versions, with keys of one's own. */
export function galleryCommand(output: Output, done: (code: ExitCode) => void): Command {
  const create = atLevel(LEVEL, 'create')
    .summary('make a gallery')
    .option('--description <text>', 'what it is for')
    .addHelpText('after', '\nExamples:\n  tl gallery create ours')
    .action(async (name: string, options: VmOptions & { description?: string }) => {
      const { description, group } = options
      const made = await withService(async (connection) => {
        const location = await connection.location()
        const path = galleryAt(connection, [name], group)
        const place = { method: 'PUT' as const, path: connection.group(group), body: { location } }
        await madeWhereMissing(connection, place)
        const properties = description === undefined ? {} : { description }
        const { operationUrl } = await connection.client.ask('PUT', path, { location, properties })
        if (operationUrl !== null) await waited(connection, `making ${name}`, operationUrl, output)
        return connection.client.get(path)
      })
      const next = `made ${name}: ${LEVEL.next(name, inGroup(options))}\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
  const command = new Command('gallery')
    .summary("images in versions: galleries, definitions, versions with keys of one's own")
    .addHelpText(
      'after',
      `
Examples:
  tl gallery create ours
  tl gallery image-definition create ours web
  tl gallery image-version create ours web 1.0.0 --image debian
  tl vm create --name web --image ours/web

ours/web means the highest version of the definition, ours/web/1.0.0 that one.`,
    )
    .addCommand(create)
  for (const one of levelCommands(LEVEL, 'tl gallery', output, done)) command.addCommand(one)
  return command
    .addCommand(definitionCommand(output, done))
    .addCommand(versionCommand(output, done))
}
