import { parseGrubScript, type Statement, type Word } from './grub-syntax.ts'
import { joinWords, WILDCARD } from './grub-words.ts'

/** A command of a configuration, whether it runs or not. */
export interface GrubCommand {
  /** As it is measured; where a variable or a name that is looked for stands, `${…}`. */
  readonly text: string
  /** Null: a variable is among them. */
  readonly words: readonly string[] | null
}

const depthMax = 8

/**
 * All commands of a script in the order they stand in, those of functions, loops and entries of its menu too: what may
 * be measured of it, whatever runs.
 * @throws {BootChainError} UNPREDICTABLE: what is no GRUB script.
 */
export function readCommands(script: string, depth = 0): GrubCommand[] {
  if (depth > depthMax) return []
  return parseGrubScript(script).flatMap((statement) => commandsOf(statement, depth))
}

function commandsOf(statement: Statement, depth: number): GrubCommand[] {
  const all = (statements: readonly Statement[]) =>
    statements.flatMap((each) => commandsOf(each, depth))
  if (statement.kind === 'function') return all(statement.body)
  if (statement.kind === 'loop') return [...all(statement.condition), ...all(statement.body)]
  if (statement.kind === 'if')
    return [
      ...statement.branches.flatMap(({ condition, body }) => [...all(condition), ...all(body)]),
      ...all(statement.otherwise),
    ]
  if (statement.words.length === 0) return []
  const command = commandOf(statement.words)
  return [command, ...withinEntry(statement.words, depth)]
}

/** What an entry of the menu runs once it is taken: its title is told to it first. */
function withinEntry(words: readonly Word[], depth: number): GrubCommand[] {
  const [first] = words
  const block = words.at(-1)
  const name = first?.kind === 'word' ? first.fragments.map(({ value }) => value).join('') : ''
  if ((name !== 'menuentry' && name !== 'submenu') || block?.kind !== 'block') return []
  const within = readCommands(block.raw.slice(1, -1), depth + 1)
  return [{ text: `setparams ${variable('title')}`, words: null }, ...within]
}

function commandOf(words: readonly Word[]): GrubCommand {
  let isLiteral = true
  const texts = words.map((word) => {
    if (word.kind === 'block') return word.raw
    return word.fragments
      .map(({ kind, value, quoted }) => {
        const isText = kind === 'text' && (quoted || !WILDCARD.test(value))
        if (!isText) isLiteral = false
        return isText ? value : variable(kind === 'text' ? 'name' : value)
      })
      .join('')
  })
  return { text: joinWords(texts), words: isLiteral ? texts : null }
}

const variable = (name: string) => `\${${name}}`
