import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { effectiveText, historyText, planAt, planText } from '../service/plan-text.ts'
import { type ScopeOptions, scoped, scopeName, scopeOf } from '../service/scope.ts'
import { withService } from '../service/with-service.ts'
import { planWhatIfCommand } from './plan-what-if.ts'

/** `tl plan …`: how VMs are watched, and what a failure means. */
export function planCommand(output: Output, done: (code: ExitCode) => void): Command {
  const command = new Command('plan')
    .summary('how VMs are watched: policy, interval, and what a failure means')
    .description(
      'A plan stands at the subscription, at a group (--group), at a scale set (--set) or at a VM (--vm); what it does not set is what the level above it says. docs/monitoring-plans.md',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl plan show --vm web\n  tl plan what-if finance.json\n  tl plan set finance.json --group finance\n  tl plan history',
    )
  const commands = [
    showCommand(output, done),
    setCommand(output, done),
    deleteCommand(output, done),
    historyCommand(output, done),
    planWhatIfCommand(output, done),
  ]
  for (const one of commands) command.addCommand(one)
  return command
}

function showCommand(output: Output, done: (code: ExitCode) => void): Command {
  return scoped(new Command('show'))
    .summary('the plan of the subscription or a group; of a VM what comes of all of them')
    .addHelpText('after', '\nExamples:\n  tl plan show\n  tl plan show --vm web')
    .action(async (options: ScopeOptions) => {
      const isVm = options.vm !== undefined
      const found: any = await withService((connection) => {
        const path = planAt(scopeOf(connection, options))
        return connection.client.get(isVm ? path.replace(/default$/, 'effective') : path)
      })
      const text = isVm ? effectiveText : planText
      output.out(options.json === true ? jsonText(found) : text(found.properties, output.width))
      done(EXIT.affirming)
    })
}

function setCommand(output: Output, done: (code: ExitCode) => void): Command {
  return scoped(new Command('set'))
    .summary('put a plan; what it was stays in its history')
    .argument('<file>', 'a plan in JSON; - for standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  tl plan set all.json\n  tl plan set strict.json --vm web\n\nExit codes: 0 it is put, 1 refused, 5 malformed: an unknown name, a value outside its limits, or nothing set.',
    )
    .action(async (file: string, options: ScopeOptions) => {
      const { readPlan } = await import('../plan-file.ts')
      const document = readPlan(file)
      const { body } = await withService((connection) =>
        connection.client.ask('PUT', planAt(scopeOf(connection, options)), {
          properties: { document: document as never },
        }),
      )
      const { version } = (body as any).properties
      const text = `plan ${plain(document.name)} of ${plain(scopeName(options))}: version ${version}\n`
      output.out(options.json === true ? jsonText(body) : text)
      done(EXIT.affirming)
    })
}

function deleteCommand(output: Output, done: (code: ExitCode) => void): Command {
  return scoped(new Command('delete'))
    .summary('from now on the level above says what it set; its history stays')
    .addHelpText('after', '\nExamples:\n  tl plan delete --vm web')
    .action(async (options: ScopeOptions) => {
      const { status } = await withService((connection) =>
        connection.client.ask('DELETE', planAt(scopeOf(connection, options))),
      )
      const was = status === 200
      const text = was ? 'plan: deleted\n' : `${plain(scopeName(options))} has no plan of its own\n`
      output.out(options.json === true ? jsonText({ deleted: was }) : text)
      done(EXIT.affirming)
    })
}

function historyCommand(output: Output, done: (code: ExitCode) => void): Command {
  return scoped(new Command('history'))
    .summary('who changed it, when: the last hundred versions')
    .addHelpText(
      'after',
      '\nExamples:\n  tl plan history\n  tl plan history --group finance --json',
    )
    .action(async (options: ScopeOptions) => {
      const { value }: any = await withService((connection) =>
        connection.client.get(`${planAt(scopeOf(connection, options))}/versions`),
      )
      output.out(options.json === true ? jsonText(value) : historyText(value, output.width))
      done(EXIT.affirming)
    })
}
