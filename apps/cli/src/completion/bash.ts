import { knownPaths, type Place, type Values } from './words.ts'

const words = (list: string) => `COMPREPLY=($(compgen -W "${list}" -- "$current"))`
const files = 'COMPREPLY=($(compgen -f -- "$current"))'

function offer(values: Values): string {
  if (values === null) return files
  return words(typeof values === 'string' ? `$(_tl_values ${values})` : values.join(' '))
}

function afterOption({ path, options }: Place): string {
  const valued = [...options].filter(([, values]) => values !== undefined)
  return valued
    .map(([option, values]) => `    "${path} ${option}") ${offer(values!)}; return ;;\n`)
    .join('')
}

function atPath({ path, words: next, argument, options }: Place): string {
  const list = [...next, ...options.keys()].join(' ')
  if (argument === null) return `    "${path}") ${words(list)} ;;\n`
  const names = words(`$(_tl_values ${argument}) ${next.join(' ')}`)
  return `    "${path}") if [[ $current == -* ]]; then ${words(list)}; else ${names}; fi ;;\n`
}

/** @param launcher this installation's `tl`, as the shell reads it */
export function bashScript(places: readonly Place[], launcher: string): string {
  return `# tl: completion for bash, also of \`npx tl\`
_tl_values() { ${launcher} __values "$1" 2>/dev/null; }
_tl() {
  local path="" word current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in ${knownPaths(places)}) path="\${path:+$path }$word" ;; esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
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
