import { Argument, Command } from 'commander'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

/** `tl completion SHELL`: a script that completes commands and options. */
export function completionCommand(
  program: Command,
  output: Output,
  done: (code: ExitCode) => void,
): Command {
  return new Command('completion')
    .summary('print a script that completes tl in your shell')
    .description('Prints a script that completes the commands and options of tl in your shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(npx tl completion bash)
  npx tl completion zsh > ~/.zfunc/_tl
  npx tl completion fish > ~/.config/fish/completions/tl.fish`,
    )
    .action((shell: Shell) => {
      output.out(scripts[shell](wordsOf(program)))
      done(EXIT.affirming)
    })
}

/** What may follow each path of commands (`''`, `image`, `image build` …), and each option with choices. */
interface Words {
  readonly paths: ReadonlyMap<string, readonly string[]>
  readonly choices: ReadonlyMap<string, readonly string[]>
}

function wordsOf(program: Command): Words {
  const paths = new Map<string, string[]>()
  const choices = new Map<string, readonly string[]>()
  const walk = (command: Command, path: string) => {
    const longs = command.options.flatMap(({ long, argChoices }) => {
      if (typeof long !== 'string') return []
      if (argChoices !== undefined) choices.set(long, argChoices)
      return [long]
    })
    const arguments_ = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
    const names = command.commands.map((one) => one.name())
    paths.set(path, [...names, ...arguments_, ...longs, '--help'])
    for (const one of command.commands) walk(one, `${path} ${one.name()}`.trim())
  }
  walk(program, '')
  return { paths, choices }
}

const lines = (
  words: ReadonlyMap<string, readonly string[]>,
  form: (word: string, next: string) => string,
) => [...words].map(([word, next]) => form(word, next.join(' '))).join('\n')

/** The paths as a shell's pattern: a word that makes none of them longer is a value, not a command. */
const known = ({ paths }: Words) =>
  [...paths.keys()]
    .filter((path) => path !== '')
    .map((path) => `"${path}"`)
    .join('|')

const scripts: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# tl: completion for bash
_tl() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in ${known(words)}) path="\${path:+$path }$word" ;; esac
  done
  local current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${lines(words.choices, (option, next) => `    ${option}) COMPREPLY=($(compgen -W "${next}" -- "$current")); return ;;`)}
  esac
  case "$path" in
${lines(words.paths, (path, next) => `    "${path}") COMPREPLY=($(compgen -W "${next}" -- "$current")) ;;`)}
  esac
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _tl tl
`,
  zsh: (words) => `#compdef tl
_tl() {
  local path="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${path:+$path }$word" in ${known(words)}) path="\${path:+$path }$word" ;; esac
  done
  case "\${words[CURRENT-1]}" in
${lines(words.choices, (option, next) => `    ${option}) compadd -- ${next}; return ;;`)}
  esac
  case "$path" in
${lines(words.paths, (path, next) => `    "${path}") compadd -- ${next} ;;`)}
  esac
  _files
}
_tl "$@"
`,
  fish: (words) =>
    `# tl: completion for fish
function __tl_at
  set -l path
  for word in (commandline -opc)[2..]
    contains -- (string join -- ' ' $path $word) ${known(words).replaceAll('|', ' ')}; and set -a path $word
  end
  test "$path" = "$argv"
end
${lines(words.choices, (option, next) => `complete -c tl -l ${option.slice(2)} -x -a '${next}'`)}
${lines(words.paths, (path, next) => `complete -c tl -n '__tl_at ${path}' -a '${next}'`)}
`,
}
