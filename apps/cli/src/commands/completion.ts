import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { KINDS, type Kind } from '../completion/kinds.ts'
import { namesOf } from '../completion/names.ts'
import { type Place, placesOf } from '../completion/words.ts'
import { zshScript } from '../completion/zsh.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

const launcher = join(import.meta.dirname, '../../bin/tl.mjs')
const scripts: Readonly<Record<Shell, (places: readonly Place[]) => string>> = {
  bash: (places) => bashScript(places, `'${launcher.replaceAll("'", "'\\''")}'`),
  zsh: (places) => zshScript(places, `'${launcher.replaceAll("'", "'\\''")}'`),
  fish: (places) => fishScript(places, `'${launcher.replaceAll(/[\\']/g, '\\$&')}'`),
}

/** `tl completion SHELL`: a script that completes commands, options and names. */
export function completionCommand(
  program: Command,
  output: Output,
  done: (code: ExitCode) => void,
): Command {
  return new Command('completion')
    .summary('print a script that completes tl in your shell')
    .description(
      'Prints a script that completes commands, options and files, and every name that there is: of VMs, disks, images, alerts, drifts and the like the control plane is asked, for two seconds at most. It completes `npx tl`, too.',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(npx tl completion bash)
  npx tl completion zsh > ~/.zfunc/_tl
  npx tl completion fish > ~/.config/fish/conf.d/tl.fish`,
    )
    .action((shell: Shell) => {
      output.out(scripts[shell](placesOf(program)))
      done(EXIT.affirming)
    })
}

/** What the scripts ask for names, with what was typed before: one a line, none where there is nobody to ask. */
export function valuesCommand(output: Output, done: (code: ExitCode) => void): Command {
  return new Command('__values')
    .addArgument(new Argument('<kind>').choices(KINDS))
    .argument('[typed...]')
    .option('--group <name>')
    .action(async (kind: Kind, values: string[], { group }: { group?: string }) => {
      const typed = { values, ...(group !== undefined && { group }) }
      for (const name of await namesOf(kind, typed)) output.out(`${name}\n`)
      done(EXIT.affirming)
    })
}
