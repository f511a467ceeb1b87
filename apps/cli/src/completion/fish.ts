import { kindOf, knownPaths, type Place, type Values, valuedOptions } from './words.ts'

/** What \`complete\` is told of values; null: files, which it offers by itself. */
function from(values: Values): string | null {
  if (values === 'file') return null
  if (values === 'anything') return '-f'
  const kind = kindOf(values)
  const list = kind === null ? (values as readonly string[]).join(' ') : `(__tl_values ${kind})`
  return `-f -a '${list}'`
}

function optionLine(path: string, option: string, values: Values | undefined): string {
  const offered = values === undefined ? null : from(values)
  const taken = values === undefined ? '' : ` -r${offered === null ? ' -F' : ` ${offered}`}`
  return `  complete -c $__tl -n '__tl_at "${path}"' -l ${option.slice(2)}${taken}\n`
}

function linesOf({ path, words, positions, repeats, options }: Place): string {
  const lines = [...options].map(([option, values]) => optionLine(path, option, values))
  const at = (where: string) => `  complete -c $__tl -n '__tl_at "${path}"${where}'`
  const commands = words.length === 0 ? '' : `${at('')} -f -a '${words.join(' ')}'\n`
  const names = positions.map((values, i) => {
    const isLast = i === positions.length - 1
    return `${at(` ${i}${isLast && repeats ? ' more' : ''}`)} ${from(values) ?? '-F'}\n`
  })
  return `${commands}${names.join('')}${lines.join('')}`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function fishScript(places: readonly Place[], launcher: string): string {
  return `# tl: completion for fish, also of \`npx tl\`
# What was typed: __tl_path, then the values that are no option's, and the group.
function __tl_read
  set -g __tl_path
  set -g __tl_typed
  set -g __tl_group
  set -l option
  set -l words (commandline -opc)
  if test "$words[1]" = npx
    test "$words[2]" = tl; or return 1
    set -e words[1]
  end
  for word in $words[2..]
    if set -q option[1]
      test $option = --group; and set -g __tl_group --group $word
      set -e option
      set -l option
    else if contains -- "$__tl_path $word" ${valuedOptions(places).replaceAll('|', ' ')}
      set option $word
    else if not string match -q -- '-?*' $word
      if contains -- (string join -- ' ' $__tl_path $word) ${knownPaths(places).replaceAll('|', ' ')}
        set -ga __tl_path $word
      else
        set -ga __tl_typed $word
      end
    end
  end
  return 0
end
function __tl_values
  __tl_read
  ${launcher} __values $__tl_group $argv[1] $__tl_typed 2>/dev/null
end
function __tl_at
  __tl_read; or return 1
  test "$__tl_path" = "$argv[1]"; or return 1
  set -q argv[2]; or return 0
  test (count $__tl_typed) -eq $argv[2]; and return 0
  set -q argv[3]; and test (count $__tl_typed) -gt $argv[2]
end
for __tl in tl npx
${places.map(linesOf).join('')}end
set -e __tl
complete -c npx -n 'test (count (commandline -opc)) = 1' -a tl
`
}
