import type { Machine } from '@trusted-launch/host'
import { Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { textOfMachines, viewOfMachine } from '../machine-text.ts'
import { jsonText, type Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { stateOption } from '../state-directory.ts'
import { withHost } from '../with-host.ts'

interface Options {
  state?: string
  json?: boolean
}

/** `tl host vm …`: the VMs of a state directory, without a control plane. */
export function hostVmCommand(output: Output, done: (code: ExitCode) => void): Command {
  const common = (command: Command) =>
    command.addOption(stateOption()).option('--json', 'one JSON document')
  const shown = (machines: readonly Machine[], { json }: Options) => {
    const views = machines.map(viewOfMachine)
    const text = views.length === 0 ? 'no VMs\n' : textOfMachines(views, output.width)
    output.out(json === true ? jsonText(views) : text)
    done(EXIT.affirming)
  }
  const shownOne = (machine: Machine, { json }: Options) => {
    const view = viewOfMachine(machine)
    output.out(json === true ? jsonText(view) : textOfMachines([view], output.width))
    done(EXIT.affirming)
  }
  return new Command('vm')
    .summary('look at the VMs there, start, stop or remove one, or give one a new vTPM identity')
    .addHelpText(
      'after',
      '\nExamples:\n  tl host vm list\n  tl host vm status web-1 --json\n  tl host vm stop web-1\n  tl host vm reprovision web-1\n  tl host vm start web-1\n  tl host vm delete web-1',
    )
    .addCommand(
      common(
        new Command('list')
          .summary('every VM, its state and its identity')
          .addHelpText(
            'after',
            '\nExamples:\n  tl host vm list\n  tl host vm list --state ./state --json',
          ),
      ).action((options: Options) =>
        withHost(options, output, async (host) => shown(host.machines(), options)),
      ),
    )
    .addCommand(
      common(
        new Command('status')
          .summary('one VM')
          .addHelpText('after', '\nExamples:\n  tl host vm status web-1')
          .argument('<name>', "the VM's id"),
      ).action((name: string, options: Options) =>
        withHost(options, output, async (host) => shownOne(host.machine(name), options)),
      ),
    )
    .addCommand(
      common(
        new Command('start')
          .summary('start a stopped VM; it goes on when this command has ended')
          .addHelpText('after', '\nExamples:\n  tl host vm start web-1')
          .argument('<name>', "the VM's id"),
      ).action((name: string, options: Options) =>
        withHost(options, output, async (host) => {
          const machine = host.machine(name)
          await machine.start()
          shownOne(machine, options)
        }),
      ),
    )
    .addCommand(
      common(
        new Command('stop')
          .summary('stop a VM, by its power button; what does not listen, by force')
          .addHelpText(
            'after',
            '\nExamples:\n  tl host vm stop web-1\n  tl host vm stop web-1 --force',
          )
          .argument('<name>', "the VM's id")
          .option('--force', 'end it at once'),
      ).action((name: string, options: Options & { force?: boolean }) =>
        withHost(options, output, async (host) => {
          const machine = host.machine(name)
          await machine.stop({ graceful: options.force !== true })
          shownOne(machine, options)
        }),
      ),
    )
    .addCommand(
      common(
        new Command('delete')
          .summary('end a VM if it runs, and remove all of it; a damaged one too')
          .addHelpText('after', '\nExamples:\n  tl host vm delete web-1')
          .argument('<name>', "the VM's id"),
      ).action((name: string, options: Options) =>
        withHost(options, output, async (host) => {
          await host.delete(name)
          const view = { id: name, state: 'removed' }
          output.out(options.json === true ? jsonText(view) : `${plain(name)} removed\n`)
          done(EXIT.affirming)
        }),
      ),
    )
    .addCommand(
      common(
        new Command('reprovision')
          .summary('a new vTPM identity on purpose, as the next generation')
          .addHelpText(
            'after',
            '\nExamples:\n  tl host vm stop web-1\n  tl host vm reprovision web-1',
          )
          .description(
            'Gives a stopped VM a new vTPM identity, as the next generation. Whatever was sealed to the old vTPM is lost, and evidence signed by the old attestation key is refused from then on.',
          )
          .argument('<name>', "the VM's id"),
      ).action((name: string, options: Options) =>
        withHost(options, output, async (host) => {
          const machine = host.machine(name)
          if (machine.status().state === 'running')
            throw new Error(
              `${machine.id} runs, and only a stopped VM gets a new identity: tl host vm stop ${machine.id}`,
            )
          await machine.reprovision()
          shownOne(machine, options)
        }),
      ),
    )
}
