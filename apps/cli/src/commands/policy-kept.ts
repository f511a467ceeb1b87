import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { readPolicy, textOfPolicy } from '../policy-file.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options {
  readonly json?: boolean
}

const policiesOf = ({ subscription }: Connection) =>
  `${subscription}/providers/TrustedLaunch/policies`

/** `tl policy list`, `show`, `set`, `delete`: the policies that plans may name. */
export function keptPolicyCommands(output: Output, done: (code: ExitCode) => void): Command[] {
  const told = (value: unknown, text: string, { json }: Options) => {
    output.out(json === true ? jsonText(value) : text)
    done(EXIT.affirming)
  }
  const list = command('list', 'the policies that monitoring plans may name')
    .addHelpText('after', '\nExamples:\n  tl policy list')
    .action(async (options: Options) => {
      const all: any[] = await withService((connection) =>
        everything(connection.client.list(policiesOf(connection))),
      )
      told(all, listText(all, output.width), options)
    })
  const show = named('show', 'in words what a policy asks for')
    .addHelpText('after', '\nExamples:\n  tl policy show trusted-launch')
    .action(async (id: string, options: Options) => {
      const found: any = await withService((connection) =>
        connection.client.get(`${policiesOf(connection)}/${encodeURIComponent(id)}`),
      )
      told(found, textOfPolicy(found.properties.document), options)
    })
  const set = command('set', 'put a policy by its id; what it was stays in its history')
    .argument('<file>', 'a policy in JSON; - for standard input')
    .addHelpText('after', '\nExamples:\n  tl policy set strict.json')
    .action(async (file: string, options: Options) => {
      const document = readPolicy(file)
      const { body } = await withService((connection) =>
        connection.client.ask('PUT', `${policiesOf(connection)}/${document.id}`, {
          properties: { document: document as never },
        }),
      )
      const { version } = (body as any).properties
      told(body, `policy ${plain(document.id)}: version ${version}\n`, options)
    })
  const remove = named('delete', 'remove a policy that no monitoring plan names')
    .addHelpText('after', '\nExamples:\n  tl policy delete strict')
    .action(async (id: string, options: Options) => {
      await withService(async (connection) => {
        const path = `${policiesOf(connection)}/${encodeURIComponent(id)}`
        // deleting what is not there is no failure of the control plane's: here it is told
        await connection.client.get(path)
        await connection.client.ask('DELETE', path)
      })
      told({ id, deleted: true }, `policy ${plain(id)}: deleted\n`, options)
    })
  return [list, show, set, remove]
}

function command(verb: string, summary: string): Command {
  return new Command(verb).summary(summary).option('--json', 'one JSON document')
}

function named(verb: string, summary: string): Command {
  return command(verb, summary).argument('<id>', 'as tl policy list tells it')
}

function listText(policies: readonly any[], width: number): string {
  const rows = policies.map(({ name, properties }) => {
    const { version = '', changedBy = 'built in', changedOn = '' } = properties
    return [name, version, changedBy, changedOn].map(String).map(plain)
  })
  return tableText(['id', 'version', 'by', 'when'], rows, width)
}
