import { kindOf, knownPaths, type Place, type Values, valuedOptions } from './words.ts'

function offer(values: Values): string {
  if (values === 'file') return '_files'
  if (values === 'anything') return ':'
  const kind = kindOf(values)
  if (kind !== null) return `compadd -- \${(f)"$(_tl_values ${kind})"}`
  return `compadd -- ${(values as readonly string[]).join(' ')}`
}

function afterOption({ path, options }: Place): string {
  const valued = [...options].filter(([, values]) => values !== undefined)
  return valued
    .map(([option, values]) => `    "${path} ${option}") ${offer(values!)}; return ;;\n`)
    .join('')
}

function atPath({ path, words, positions, repeats, options }: Place): string {
  const list = `compadd -- ${[...words, ...options.keys()].join(' ')}`
  if (positions.length === 0) return `    "${path}") ${list} ;;\n`
  const last = positions.length - 1
  const at = positions.map((values, i) => `${i === last && repeats ? '*' : i}) ${offer(values)} ;;`)
  const chosen = `case $#typed in ${at.join(' ')} esac`
  return `    "${path}") if [[ $PREFIX == -?* ]]; then ${list}; else ${chosen}; fi; return ;;\n`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function zshScript(places: readonly Place[], launcher: string): string {
  return `#compdef tl npx
# completion of tl, also as \`npx tl\`
_tl_values() { ${launcher} __values $group "$1" $typed 2>/dev/null }
_tl() {
  local at="" word option=""
  local -a typed group
  if [[ \${words[1]} == npx ]]; then
    if (( CURRENT == 2 )); then compadd -- tl; _files; return; fi
    if [[ \${words[2]} != tl ]]; then _files; return; fi
    shift words
    (( CURRENT-- ))
  fi
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then
      [[ $option == --group ]] && group=(--group "$word")
      option=""
      continue
    fi
    case "$at $word" in ${valuedOptions(places)}) option=$word; continue ;; esac
    [[ $word == -?* ]] && continue
    case "\${at:+$at }$word" in ${knownPaths(places)}) at="\${at:+$at }$word"; continue ;; esac
    typed+=("$word")
  done
  case "$at $option" in
${places.map(afterOption).join('')}  esac
  case "$at" in
${places.map(atPath).join('')}  esac
  _files
}
if [[ $funcstack[1] == _tl ]]; then _tl "$@"; else compdef _tl tl npx; fi
`
}
