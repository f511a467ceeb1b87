import { keyOf, parseResourceId } from '@trusted-launch/api'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import type { Connection } from '../service/connection.ts'
import { everything } from '../service/everything.ts'
import { followed, grouped, type VmOptions, vmPath, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { tableText } from '../table.ts'

interface Options extends VmOptions {
  readonly all?: boolean
  readonly dryRun?: boolean
}

/** `tl recommendation …`: what is recommended of VMs, and doing it. */
export function recommendationCommand(output: Output, done: (code: ExitCode) => void): Command {
  const list = grouped(new Command('list'))
    .summary('what is recommended and not followed')
    .addHelpText(
      'after',
      '\nExamples:\n  tl recommendation list\n  tl recommendation list web --all',
    )
    .argument('[vm]', 'of this VM, or the scale set of this id, alone')
    .option('--all', 'what is followed or not applicable, too')
    .action(async (vm: string | undefined, { all, json, group }: Options) => {
      const { found, ownGroup } = await withService(async (connection) => {
        const of = group === undefined ? connection.subscription : connection.group(group)
        const named = { ...(group !== undefined && { group }) }
        const scope = vm === undefined ? of : pathOf(connection, vm, named)
        return { found: await listed(connection, scope), ownGroup: connection.profile.group }
      })
      const shown = found.filter((one) => all === true || codeOf(one) === 'Unhealthy')
      output.out(json === true ? jsonText(shown) : textOf(shown, ownGroup, output.width))
      done(EXIT.affirming)
    })
  const fix = waiting(grouped(new Command('fix')))
    .summary('do what is recommended, where the API can')
    .addHelpText(
      'after',
      '\nExamples:\n  tl recommendation fix web secure-boot.linux --dry-run\n  tl recommendation fix web secure-boot.linux',
    )
    .argument('<vm>', "the VM's name, or a scale set's id")
    .argument('<id>', 'as tl recommendation list tells it')
    .option('--dry-run', 'only say what it would do')
    .action(async (vm: string, id: string, options: Options) => {
      await withService(async (connection) => {
        const path = pathOf(connection, vm, options)
        const all = await listed(connection, path)
        const one = all.find(({ properties }) => properties.additionalData.recommendation === id)
        if (one === undefined)
          throw new Error(
            `nothing called ${plain(id)} is recommended of ${vm}; tl recommendation list ${vm} --all`,
          )
        if (one.properties.additionalData.fix === undefined)
          throw new Error(`there is nothing to fix: ${vm} is ${plain(codeOf(one))}`)
        const asked = options.dryRun === true ? { dryRun: true } : {}
        const { body, operationUrl } = await connection.client.ask('POST', `${one.id}/fix`, asked)
        if (options.dryRun === true) return told(body, options, output)
        await followed(connection, `fixing ${id} of ${vm}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  return new Command('recommendation')
    .summary('what is recommended of VMs, and doing it')
    .addHelpText(
      'after',
      '\nExamples:\n  tl recommendation list\n  tl recommendation list web --all\n  tl recommendation fix web guest-attestation-extension.linux-vm',
    )
    .addCommand(list)
    .addCommand(fix)
    .addCommand(scoreCommand(output, done))
}

/** `tl recommendation score`: how much of it is followed. */
function scoreCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('score')
    .summary('how much of what is recommended of the subscription is followed')
    .option('--json', 'one JSON document')
    .addHelpText('after', '\nExamples:\n  tl recommendation score')
    .action(async ({ json }: Options) => {
      const { score, controls } = await withService(async ({ client, subscription }) => {
        const at = `${subscription}/providers/Microsoft.Security`
        const score: any = await client.get(`${at}/secureScores/ascScore`)
        return { score, controls: await everything<any>(client.list(`${at}/secureScoreControls`)) }
      })
      const document = {
        ...score.properties,
        controls: controls.map(({ properties }) => properties),
      }
      output.out(json === true ? jsonText(document) : scoreText(document, output.width))
      done(EXIT.affirming)
    })
}

function scoreText({ score, controls }: any, width: number): string {
  const head = `${(100 * score.percentage).toFixed(1)} %: ${score.current} of ${score.max}\n`
  const counted = controls.filter(({ score: one }: any) => one.max > 0)
  if (counted.length === 0) return head
  const worstFirst = counted.sort(
    (a: any, b: any) => b.unhealthyResourceCount - a.unhealthyResourceCount,
  )
  const rows = worstFirst.map(({ displayName, score: one, unhealthyResourceCount }: any) =>
    [displayName, `${one.current} of ${one.max}`, unhealthyResourceCount].map(String).map(plain),
  )
  const others = controls.length - counted.length
  const more = others === 0 ? '' : `${others} more count for nothing here\n`
  const next = score.current < score.max ? 'tl recommendation list tells what to do\n' : ''
  const table = tableText(['recommendation', 'score', 'not followed by'], rows, width)
  return head + table + more + next
}

const SCALE_SET = 'Microsoft.Compute/virtualMachineScaleSets'
const isSet = (id: string) => id.toLowerCase().includes(`/${SCALE_SET.toLowerCase()}/`)

/** Of a VM by its name or id; scale sets have ids alone here. */
function pathOf(connection: Connection, name: string, options: Pick<Options, 'group'>): string {
  return isSet(name) ? connection.resource(SCALE_SET, name) : vmPath(connection, name, options)
}

const codeOf = ({ properties }: any): string => properties.status.code

async function listed({ client }: Connection, scope: string): Promise<any[]> {
  const found: any[] = []
  for await (const one of client.list(`${scope}/providers/Microsoft.Security/assessments`))
    found.push(one)
  return found
}

/** What a fix would do. */
function told(plan: any, { json }: Options, output: Output): void {
  const effects: Readonly<Record<string, string>> = {
    none: 'nothing stops for it',
    restart: 'the VM is restarted',
    'at-next-start': 'it counts from the next start on',
    instances: 'the model is changed, and instances are brought to it as the upgrade policy says',
  }
  const text = plan.possible
    ? `it would be done by ${plain(plan.needs)}: ${effects[plan.effect] ?? plain(plan.effect)}`
    : `it would not be done: ${plain(plan.why)}`
  output.out(json === true ? jsonText(plan) : `${text}\n`)
}

function textOf(assessments: readonly any[], ownGroup: string, width: number): string {
  if (assessments.length === 0) return 'nothing is recommended\n'
  const rows = assessments.map(({ properties }) => {
    const { status, resourceDetails, additionalData } = properties
    const why = status.description ?? ''
    const vm = resourceDetails.id.split('/').at(-1)
    const { recommendation: id, severity } = additionalData
    return [vm, id, severity, status.code, why, commandFor(vm, properties, ownGroup)]
      .map(String)
      .map(plain)
  })
  return tableText(['VM', 'id', 'severity', 'status', 'why', 'to do'], rows, width)
}

/** The command that does it, or why none can. */
function commandFor(
  vm: string,
  { status, additionalData, resourceDetails }: any,
  ownGroup: string,
): string {
  if (status.code !== 'Unhealthy' || additionalData.fix === undefined) return ''
  const fix = JSON.parse(additionalData.fix)
  if (fix.kind === 'none') return String(fix.why)
  if (isSet(resourceDetails.id))
    return `tl recommendation fix ${resourceDetails.id} ${additionalData.recommendation}`
  const group = parseResourceId(resourceDetails.id)?.resourceGroup ?? ownGroup
  const of = keyOf(group) === keyOf(ownGroup) ? '' : ` --group ${group}`
  return `tl recommendation fix ${vm} ${additionalData.recommendation}${of}`
}
