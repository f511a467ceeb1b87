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

/** What may follow each path of commands (`''`, `image`, `image build` …). */
type Words = ReadonlyMap<string, readonly string[]>

function wordsOf(command: Command, path = ''): Map<string, string[]> {
  const own = command.options.flatMap(({ long }) =>
    long === undefined || long === null ? [] : [long],
  )
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const names = command.commands.map((one) => one.name())
  const words = new Map([[path, [...names, ...choices, ...own, '--help']]])
  for (const one of command.commands)
    for (const [below, more] of wordsOf(one, `${path} ${one.name()}`.trim())) words.set(below, more)
  return words
}

const cases = (words: Words, form: (path: string, next: string) => string) =>
  [...words].map(([path, next]) => form(path, next.join(' '))).join('\n')

const scripts: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# tl: completion for bash
_tl() {
  local path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* || $word == */* || $word == *.* ]] || path="\${path:+$path }$word"
  done
  local current="\${COMP_WORDS[COMP_CWORD]}"
  case "$path" in
${cases(words, (path, next) => `    "${path}") COMPREPLY=($(compgen -W "${next}" -- "$current")) ;;`)}
  esac
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _tl tl
`,
  zsh: (words) => `#compdef tl
_tl() {
  local -a path
  local word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* || $word == */* || $word == *.* ]] || path+=("$word")
  done
  case "\${path[*]}" in
${cases(words, (path, next) => `    "${path}") compadd -- ${next} ;;`)}
  esac
  _files
}
_tl "$@"
`,
  fish: (words) =>
    `# tl: completion for fish
function __tl_at
  set -l path (string match -rv -- '^-|/|\\.' (commandline -opc)[2..])
  test "$path" = "$argv"
end
${cases(words, (path, next) => `complete -c tl -n '__tl_at ${path}' -a '${next}'`)}
`,
}
