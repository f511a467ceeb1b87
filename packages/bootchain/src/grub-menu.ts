import { unpredictable } from './grub-errors.ts'

/** An entry of GRUB's menu, or a submenu. */
export interface GrubEntry {
  readonly title: string
  readonly id: string
  readonly isSubmenu: boolean
  /** What runs when it is taken. */
  readonly source: string
}

const digits = /^[0-9]{1,9}$/

/**
 * An entry from the words after `menuentry` or `submenu`, the last of which is the block.
 * @throws {BootChainError} UNPREDICTABLE: more than a title and options that change nothing.
 * @see GRUB 2.06, grub-core/commands/menuentry.c
 */
export function entryOf(isSubmenu: boolean, words: readonly string[]): GrubEntry {
  const titles: string[] = []
  let id: string | null = null
  const rest = words.slice(0, -1)
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!
    if (word === '--id') id = rest[++i] ?? ''
    else if (word === '--class') i++
    else if (!word.startsWith('--')) titles.push(word)
    else if (word !== '--unrestricted') throw unpredictable(word, 'an option that is not foretold')
  }
  const [title, ...more] = titles
  if (title === undefined || more.length > 0) throw unpredictable('menuentry', 'not one title')
  const parameters = `setparams '${title.replaceAll("'", "'\\''")}'\n`
  const source = parameters + words.at(-1)!.slice(1, -1)
  return { title, id: id ?? title, isSubmenu, source }
}

/**
 * The entry that `default` names, by number, id or title, and what of it is meant for the submenu: `a>b`.
 * @throws {BootChainError} UNPREDICTABLE: there is no such entry.
 * @see GRUB 2.06, grub-core/normal/menu.c
 */
export function defaultEntry(
  entries: readonly GrubEntry[],
  wanted: string,
): { readonly entry: GrubEntry; readonly rest: string | null } {
  const at = wanted.indexOf('>')
  const name = at < 0 ? wanted : wanted.slice(0, at)
  const rest = at < 0 ? null : wanted.slice(at + 1)
  const isAmbiguous = /^[0-9]/.test(name) && !digits.test(name)
  if (isAmbiguous || wanted.includes('>>') || rest === '')
    throw unpredictable(`default=${wanted}`, 'more than one entry could be meant')
  const entry =
    name === '' || digits.test(name)
      ? entries[Number(name)]
      : entries.find(({ title, id }) => title === name || id === name)
  if (entry === undefined) throw unpredictable(`default=${wanted}`, 'no such entry')
  return { entry, rest }
}
