import { knownPaths, type Place, type Values } from './words.ts'

function offer(values: Values): string {
  if (values === null) return '_files'
  if (typeof values === 'string') return `compadd -- \${(f)"$(_tl_values ${values})"}`
  return `compadd -- ${values.join(' ')}`
}

function afterOption({ path, options }: Place): string {
  const valued = [...options].filter(([, values]) => values !== undefined)
  return valued
    .map(([option, values]) => `    "${path} ${option}") ${offer(values!)}; return ;;\n`)
    .join('')
}

function atPath({ path, words, argument, options }: Place): string {
  const list = `compadd -- ${[...words, ...options.keys()].join(' ')}`
  if (argument === null) return `    "${path}") ${list} ;;\n`
  return `    "${path}") if [[ $PREFIX == -* ]]; then ${list}; else ${offer(argument)}; fi ;;\n`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function zshScript(places: readonly Place[], launcher: string): string {
  return `#compdef tl npx
# completion of tl, also as \`npx tl\`
_tl_values() { ${launcher} __values "$1" 2>/dev/null }
_tl() {
  local at="" word
  if [[ \${words[1]} == npx ]]; then
    if (( CURRENT == 2 )); then compadd -- tl; _files; return; fi
    if [[ \${words[2]} != tl ]]; then _files; return; fi
    shift words
    (( CURRENT-- ))
  fi
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in ${knownPaths(places)}) at="\${at:+$at }$word" ;; esac
  done
  case "$at \${words[CURRENT-1]}" in
${places.map(afterOption).join('')}  esac
  case "$at" in
${places.map(atPath).join('')}  esac
  _files
}
if [[ $funcstack[1] == _tl ]]; then _tl "$@"; else compdef _tl tl npx; fi
`
}
