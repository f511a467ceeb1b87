import { kindOf, knownPaths, type Place, type Values, valuedOptions } from './words.ts'

const words = (list: string) => `COMPREPLY=($(compgen -W "${list}" -- "$current"))`
const files = 'COMPREPLY=($(compgen -f -- "$current"))'

function offer(values: Values): string {
  if (values === 'file') return files
  if (values === 'anything') return ':'
  const kind = kindOf(values)
  return words(kind === null ? (values as readonly string[]).join(' ') : `$(_tl_values ${kind})`)
}

function afterOption({ path, options }: Place): string {
  const valued = [...options].filter(([, values]) => values !== undefined)
  return valued
    .map(([option, values]) => `    "${path} ${option}") ${offer(values!)}; return ;;\n`)
    .join('')
}

function atPath({ path, words: next, positions, repeats, options }: Place): string {
  const list = words([...next, ...options.keys()].join(' '))
  if (positions.length === 0) return `    "${path}") ${list} ;;\n`
  const last = positions.length - 1
  const at = positions.map((values, i) => `${i === last && repeats ? '*' : i}) ${offer(values)} ;;`)
  const chosen = `case $n in ${at.join(' ')} esac`
  return `    "${path}") if [[ $current == -?* ]]; then ${list}; else ${chosen}; fi; return ;;\n`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function bashScript(places: readonly Place[], launcher: string): string {
  return `# tl: completion for bash, also of \`npx tl\`
_tl_values() { ${launcher} __values "\${group[@]}" "$1" "\${typed[@]}" 2>/dev/null; }
_tl() {
  local path="" word option="" n=0 current="\${COMP_WORDS[COMP_CWORD]}"
  local -a typed=() group=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $option ]]; then
      [[ $option == --group ]] && group=(--group "$word")
      option=""
      continue
    fi
    case "$path $word" in ${valuedOptions(places)}) option=$word; continue ;; esac
    [[ $word == -?* ]] && continue
    case "\${path:+$path }$word" in ${knownPaths(places)}) path="\${path:+$path }$word"; continue ;; esac
    typed+=("$word")
  done
  n=\${#typed[@]}
  case "$path $option" in
${places.map(afterOption).join('')}  esac
  case "$path" in
${places.map(atPath).join('')}  esac
  [[ \${#COMPREPLY[@]} -gt 0 ]] || ${files}
}
_tl_npx() {
  if [[ \${COMP_WORDS[1]} == tl && COMP_CWORD -gt 1 ]]; then
    COMP_WORDS=("\${COMP_WORDS[@]:1}")
    COMP_CWORD=$((COMP_CWORD - 1))
    _tl
  else
    COMPREPLY=($(compgen -W tl -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -o filenames -F _tl tl
complete -o default -F _tl_npx npx
`
}
