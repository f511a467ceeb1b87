import { Command, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { waited } from '../service/progress.ts'
import { inGroup } from '../service/standing.ts'
import type { VmOptions } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { atLevel, levelCommands } from './gallery-level.ts'
import { galleryAt, type Level } from './gallery-resources.ts'

interface Options extends VmOptions {
  readonly osType: string
  readonly osState: string
  readonly generation: string
  readonly securityType: string
  readonly publisher: string
  readonly offer?: string
  readonly sku: string
}

const LEVEL: Level = {
  ...{ noun: 'image definition', nouns: 'image definitions' },
  names: [
    ['gallery', "the gallery's name"],
    ['definition', "the definition's name"],
  ],
  collection: '/images',
  fields: ({ name, properties: of }) => [
    ['name', String(name)],
    ['system', `${of.osType}, ${of.osState}`],
    ['generation', String(of.hyperVGeneration)],
    ['security type', featureOf(of)],
    ['identifier', ['publisher', 'offer', 'sku'].map((part) => of.identifier?.[part]).join(':')],
  ],
  example: 'ours web',
  next: (typed, of) => `tl gallery image-version create ${typed} 1.0.0 --image IMAGE${of}`,
}

const featureOf = ({ features = [] }: any): string =>
  features.find(({ name }: any) => name === 'SecurityType')?.value ?? 'none'

/** `tl gallery image-definition …`: what all versions of an image are alike in. */
export function definitionCommand(output: Output, done: (code: ExitCode) => void): Command {
  const create = atLevel(LEVEL, 'create')
    .summary('make a definition; what it says of its versions never changes')
    .addOption(new Option('--os-type <type>').choices(['Linux', 'Windows']).default('Linux'))
    .addOption(
      new Option('--os-state <state>', 'Specialized: its systems have their users already')
        .choices(['Generalized', 'Specialized'])
        .default('Generalized'),
    )
    .addOption(new Option('--generation <generation>').choices(['V1', 'V2']).default('V2'))
    .addOption(
      new Option('--security-type <type>', 'which VMs its versions are good for')
        .choices(['TrustedLaunchSupported', 'TrustedLaunch', 'Standard', 'None'])
        .default('TrustedLaunchSupported'),
    )
    .option('--publisher <text>', 'of its identifier', 'me')
    .option('--offer <text>', "of its identifier (default: the definition's name)")
    .option('--sku <text>', 'of its identifier', 'gen2')
    .addHelpText(
      'after',
      '\nExamples:\n  tl gallery image-definition create ours web\n  tl gallery image-definition create ours web --security-type TrustedLaunch',
    )
    .action(async (gallery: string, name: string, options: Options) => {
      const { osType, osState, generation: hyperVGeneration, publisher, sku } = options
      const identifier = { publisher, offer: options.offer ?? name, sku }
      const features = [{ name: 'SecurityType', value: options.securityType }]
      const made = await withService(async (connection) => {
        const location = await connection.location()
        const path = galleryAt(connection, [gallery, name], options.group)
        const properties = { osType, osState, hyperVGeneration, identifier, features }
        const { operationUrl } = await connection.client.ask('PUT', path, { location, properties })
        if (operationUrl !== null) await waited(connection, `making ${name}`, operationUrl, output)
        return connection.client.get(path)
      })
      const next = `made ${name}: ${LEVEL.next(`${gallery} ${name}`, inGroup(options))}\n`
      output.out(options.json === true ? jsonText(made) : next)
      done(EXIT.affirming)
    })
  const typed = 'tl gallery image-definition'
  const command = new Command('image-definition')
    .summary('what all versions of an image are alike in')
    .addHelpText('after', `\nExamples:\n  ${typed} create ours web\n  ${typed} list ours`)
    .addCommand(create)
  for (const one of levelCommands(LEVEL, typed, output, done)) command.addCommand(one)
  return command
}
