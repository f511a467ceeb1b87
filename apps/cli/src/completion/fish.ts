import { knownPaths, type Place, type Values } from './words.ts'

const from = (values: Exclude<Values, null>) =>
  typeof values === 'string' ? `(__tl_values ${values})` : values.join(' ')

function lineOf(path: string, option: string, values: Values | undefined): string {
  const taken = values === undefined ? '' : values === null ? ' -r' : ` -x -a '${from(values)}'`
  return `  complete -c $__tl -n '__tl_at ${path}' -l ${option.slice(2)}${taken}\n`
}

function linesOf({ path, words, argument, options }: Place): string {
  const at = `  complete -c $__tl -n '__tl_at ${path}'`
  const lines = [...options].map(([option, values]) => lineOf(path, option, values))
  const commands = words.length === 0 ? '' : `${at} -f -a '${words.join(' ')}'\n`
  const names = argument === null ? '' : `${at} -f -a '${from(argument)}'\n`
  return `${commands}${names}${lines.join('')}`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function fishScript(places: readonly Place[], launcher: string): string {
  return `# tl: completion for fish, also of \`npx tl\`
function __tl_values
  ${launcher} __values $argv[1] 2>/dev/null
end
function __tl_at
  set -l typed (commandline -opc)
  if test "$typed[1]" = npx
    test "$typed[2]" = tl; or return 1
    set -e typed[1]
  end
  set -l path
  for word in $typed[2..]
    contains -- (string join -- ' ' $path $word) ${knownPaths(places).replaceAll('|', ' ')}; and set -a path $word
  end
  test "$path" = "$argv"
end
for __tl in tl npx
${places.map(linesOf).join('')}end
set -e __tl
complete -c npx -n 'test (count (commandline -opc)) = 1' -a tl
`
}
