import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import type { ExitCode } from '../exit-code.ts'

const program = join(import.meta.dirname, '../../../demo/src/main.ts')

/** `tl demo …`: the same program as `npm run demo`, with the same options and exit codes. */
export function demoCommand(done: (code: ExitCode) => void): Command {
  return new Command('demo')
    .summary('create real VMs, good and tampered, and show the verdict on each')
    .description('The same as `npm run demo -- …`; its own options: `tl demo --help`.')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[options...]', "the demo's own options")
    .action(async (_options: string[], _: unknown, command: Command) =>
      done(await demo(command.args)),
    )
}

/** The demo is a program of its own: it drives VMs for minutes and cleans up after Ctrl-C itself. */
function demo(args: readonly string[]): Promise<ExitCode> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: 'inherit',
    argv0: 'tl demo',
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  for (const signal of signals) process.on(signal, pass)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve((code ?? 128 + constants.signals[signal!]) as ExitCode)
    })
  })
}
