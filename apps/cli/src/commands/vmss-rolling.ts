import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText, type Output } from '../output.ts'
import { SET } from '../service/new-set.ts'
import { followed, grouped, type VmOptions, waiting } from '../service/vm-command.ts'
import { withService } from '../service/with-service.ts'
import { fieldsText } from '../table.ts'

/** `tl vmss rolling-upgrade …`: instances brought to the latest image, batch by batch. */
export function vmssRollingCommand(output: Output, done: (code: ExitCode) => void): Command {
  const named = (verb: string) => grouped(new Command(verb)).argument('<name>', "the set's name")
  const start = waiting(named('start'))
    .summary('bring all instances to the latest image, batch by batch')
    .addHelpText('after', '\nExamples:\n  tl vmss rolling-upgrade start fleet')
    .action(async (name: string, options: VmOptions) => {
      await withService(async (connection) => {
        const path = `${connection.resource(SET, name, options.group)}/osRollingUpgrade`
        const { operationUrl } = await connection.client.ask('POST', path)
        await followed(connection, `upgrading ${name}`, operationUrl, options, output)
      })
      done(EXIT.affirming)
    })
  const show = named('show')
    .summary('how far the latest one came')
    .addHelpText('after', '\nExamples:\n  tl vmss rolling-upgrade show fleet')
    .action(async (name: string, { group, json }: VmOptions) => {
      const found = await withService((connection) =>
        connection.client.get(`${connection.resource(SET, name, group)}/rollingUpgrades/latest`),
      )
      output.out(json === true ? jsonText(found) : textOf(found))
      done(EXIT.affirming)
    })
  const cancel = named('cancel')
    .summary('begin no further batch')
    .addHelpText('after', '\nExamples:\n  tl vmss rolling-upgrade cancel fleet')
    .action(async (name: string, { group, json }: VmOptions) => {
      await withService((connection) =>
        connection.client.ask(
          'POST',
          `${connection.resource(SET, name, group)}/rollingUpgrades/cancel`,
        ),
      )
      const text = `cancelled: tl vmss rolling-upgrade show ${name} tells how far it came\n`
      output.out(json === true ? jsonText({ name, cancelled: true }) : text)
      done(EXIT.affirming)
    })
  return new Command('rolling-upgrade')
    .summary('instances brought to the latest image, batch by batch')
    .addHelpText(
      'after',
      '\nExamples:\n  tl vmss rolling-upgrade start fleet\n  tl vmss rolling-upgrade show fleet',
    )
    .addCommand(start)
    .addCommand(show)
    .addCommand(cancel)
}

function textOf({ properties: { runningStatus, progress, policy, error } }: any): string {
  return fieldsText([
    ['state', String(runningStatus.code)],
    ['begun', String(runningStatus.startTime)],
    ['last changed', String(runningStatus.lastActionTime)],
    ['done', String(progress.successfulInstanceCount)],
    ['under way', String(progress.inProgressInstanceCount)],
    ['waiting', String(progress.pendingInstanceCount)],
    ['failed', String(progress.failedInstanceCount)],
    ['batch', `${policy.maxBatchInstancePercent} % at once`],
    ...(error === undefined ? [] : [['why', `${error.message} (${error.code})`] as const]),
  ])
}
