/** What names there are of in the control plane, to be completed. */
export const KINDS = ['vm', 'disk', 'image', 'size', 'group', 'operation', 'alert'] as const
export type Kind = (typeof KINDS)[number]

/** Whose names an option takes, by its command's path and its own name. */
const OPTIONS: readonly [option: RegExp, kind: Kind][] = [
  [/^vm create --image$/, 'image'],
  [/^vm (?:create|import) --size$/, 'size'],
  [/^(?!login\b).* --vm$/, 'vm'],
  [/^disk create --copy$/, 'disk'],
  [/^(?!login\b).* --group$/, 'group'],
]

/** Whose names a command's arguments are. */
const ARGUMENTS: readonly [path: RegExp, kind: Kind][] = [
  [/^vm (?!create$|import$|list$|security$)/, 'vm'],
  [/^(?:evidence .|recommendation (?:list|fix)$|drift (?:list|show|approve|reject)$)/, 'vm'],
  [/^group delete$/, 'group'],
  [/^disk (?!create$|list$)/, 'disk'],
  [/^image (?:show|delete|bind)$/, 'image'],
  [/^operation (?:wait|cancel)$/, 'operation'],
  [/^alert (?!list$|destination)/, 'alert'],
]

const kindIn = (rows: readonly [RegExp, Kind][], text: string) =>
  rows.find(([pattern]) => pattern.test(text))?.[1] ?? null

export const kindOfOption = (path: string, option: string): Kind | null =>
  kindIn(OPTIONS, `${path} ${option}`)

export const kindOfArgument = (path: string): Kind | null => kindIn(ARGUMENTS, path)
