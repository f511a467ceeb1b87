import type { Machine } from '@trusted-launch/host'
import { Command, InvalidArgumentError, Option } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { vmsStopped } from '../machine-text.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { stateOption } from '../state-directory.ts'
import { fieldsText } from '../table.ts'
import { withHost } from '../with-host.ts'
import { drainServed, forgetServed, isServed, resumeServed, showServed } from './host-service.ts'
import { hostVmCommand } from './host-vm.ts'

interface Options {
  readonly state?: string
  readonly json?: boolean
}

interface DrainOptions extends Options {
  readonly timeout: number
}

/** `tl host …`: this machine as a host of VMs, driven directly. */
export function hostCommand(output: Output, done: (code: ExitCode) => void): Command {
  const common = (name: string, summary: string) =>
    new Command(name)
      .summary(summary)
      .addHelpText('after', `\nExamples:\n  tl host ${name}\n  tl host ${name} --state ./state`)
      .addOption(stateOption())
      .option('--json', 'one JSON document')
  return new Command('host')
    .summary('the host of VMs: of the control plane, or a state directory by itself')
    .description(
      '`show`, `drain`, `resume` and `forget` ask the control plane, as whoever is signed in. With --state, and where there is none to ask, `show`, `drain` and `vm` work on a state directory itself, while nobody else drives it: `tl up` has its own in DATA/host.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  tl host show\n  tl host vm list\n  tl host vm reprovision web-1\n  tl host drain\n  tl host resume\n  tl host forget',
    )
    .addCommand(
      common('show', 'what there is for VMs, and how they run').action(async (options: Options) => {
        const isAsked = options.state === undefined && isServed()
        await (isAsked ? showServed(options.json === true, output) : show(options, output))
        done(EXIT.affirming)
      }),
    )
    .addCommand(
      common('drain', 'stop every VM, to be started again later, and place none until then')
        .addOption(timeoutOption())
        .action(async (options: DrainOptions) => {
          const isAsked = options.state === undefined && isServed()
          done(
            await (isAsked ? drainServed(options.json === true, output) : drain(options, output)),
          )
        }),
    )
    .addCommand(
      new Command('resume')
        .summary("place VMs again on the control plane's host, and start what was drained")
        .addHelpText('after', '\nExamples:\n  tl host resume')
        .option('--json', 'one JSON document')
        .action(async ({ json }: Options) => {
          await resumeServed(json === true, output)
          done(EXIT.affirming)
        }),
    )
    .addCommand(
      new Command('forget')
        .summary('after tl restore: VMs that the records do not know are erased at the next start')
        .addHelpText('after', '\nExamples:\n  tl host forget')
        .option('--json', 'one JSON document')
        .action(async ({ json }: Options) => {
          await forgetServed(json === true, output)
          done(EXIT.affirming)
        }),
    )
    .addCommand(hostVmCommand(output, done))
}

function timeoutOption(): Option {
  return new Option(
    '--timeout <seconds>',
    'with --state: a VM that does not heed its power button is ended then',
  )
    .default(60)
    .argParser((text) => {
      if (/^\d{1,4}$/.test(text)) return Number(text)
      throw new InvalidArgumentError('a number of seconds is wanted')
    })
}

function show(options: Options, output: Output): Promise<void> {
  return withHost(options, output, async (host) => {
    const { vcpus, memoryMiB, freeMemoryMiB } = host.capacity()
    const { accelerator, reason } = await host.acceleration()
    const mode = await host.networkMode()
    const noNetworks = mode.kind === 'bridged' ? null : mode.reason
    const running = host.machines().filter(isRunning).length
    const vms = host.machines().length
    const about = { vcpus, memoryMiB, freeMemoryMiB, accelerator, reason, noNetworks }
    const view = { ...about, vms, running }
    const text = fieldsText([
      ['processors', String(vcpus)],
      ['memory', `${memoryMiB} MiB, ${freeMemoryMiB} of it free for VMs`],
      ['VMs run by', `${accelerator}: ${reason}`],
      ['networks', noNetworks === null ? 'made by this host' : `none: ${noNetworks}`],
      ['VMs', `${vms}, ${running} of them running`],
    ])
    output.out(options.json === true ? jsonText(view) : text)
  })
}

const isRunning = (machine: Machine) => machine.status().state === 'running'

async function drain(options: DrainOptions, output: Output): Promise<ExitCode> {
  let code: ExitCode = EXIT.affirming
  await withHost(options, output, async (host) => {
    const outcomes = await host.drain({ timeoutMs: options.timeout * 1000 })
    const failed = outcomes.filter(({ error }) => error !== null)
    const [stopped, refused] = [outcomes.length - failed.length, failed.map(({ id }) => id)]
    output.out(options.json === true ? jsonText({ stopped, refused }) : `${vmsStopped(stopped)}\n`)
    for (const { id, error } of failed)
      output.err(
        `tl: ${plain(id)}: ${plain(error instanceof Error ? error.message : `${error}`)}\n`,
      )
    if (failed.length > 0) code = EXIT.failure
  })
  return code
}
