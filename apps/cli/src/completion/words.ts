import type { Command } from 'commander'
import { type Taken, takenBy } from './kinds.ts'

/** What a value is chosen from: words, names of a kind, files; or nothing is known of it. */
export type Values = readonly string[] | Taken

/** What may be typed after one path of commands (``, `image`, `image build` …). */
export interface Place {
  readonly path: string
  /** Commands below it. */
  readonly words: readonly string[]
  /** In the order in which they are typed. */
  readonly positions: readonly Values[]
  /** Whether the last position is typed as often as somebody likes. */
  readonly repeats: boolean
  /** By their long names; undefined: it takes no value. */
  readonly options: ReadonlyMap<string, Values | undefined>
}

/** Every path of a program. What begins with two underscores is for scripts alone. */
export function placesOf(program: Command): Place[] {
  const places: Place[] = []
  const walk = (command: Command, path: string) => {
    const below = command.commands.filter((one) => !one.name().startsWith('__'))
    const options = command.options.flatMap(({ long, flags, required, argChoices }) => {
      if (typeof long !== 'string') return []
      const taker = `${path} ${flags.replace(/^-\w, /, '')}`
      const values = required ? (argChoices ?? takenBy(taker) ?? 'anything') : undefined
      return [[long, values] as const]
    })
    const taken = command.registeredArguments
    places.push({
      path,
      words: below.map((one) => one.name()),
      positions: taken.map(
        (one) => one.argChoices ?? takenBy(`${path} <${one.name()}>`) ?? 'anything',
      ),
      repeats: taken.at(-1)?.variadic === true,
      options: new Map([...options, ['--help', undefined]]),
    })
    for (const one of below) walk(one, `${path} ${one.name()}`.trim())
  }
  walk(program, '')
  return places
}

/** The paths as a pattern of a shell's: a word that makes none of them longer is a value, not a command. */
export function knownPaths(places: readonly Place[]): string {
  return alternatives(places.map(({ path }) => path).filter((path) => path !== ''))
}

/** The options that a value follows, each behind its path, as a pattern of a shell's. */
export function valuedOptions(places: readonly Place[]): string {
  return alternatives(
    places.flatMap(({ path, options }) =>
      [...options].flatMap(([option, values]) => (values === undefined ? [] : `${path} ${option}`)),
    ),
  )
}

const alternatives = (texts: readonly string[]) => texts.map((text) => `"${text}"`).join('|')

/** What is asked of `tl` itself; null: of words, files, or nobody. */
export function kindOf(values: Values): string | null {
  return typeof values === 'string' && values !== 'file' && values !== 'anything' ? values : null
}
