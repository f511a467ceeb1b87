import type { Command } from 'commander'
import { type Kind, kindOfArgument, kindOfOption } from './kinds.ts'

/** What may follow an option that takes a value; null: whatever it is, maybe a file. */
export type Values = readonly string[] | Kind | null

/** What may be typed after one path of commands (``, `image`, `image build` …). */
export interface Place {
  readonly path: string
  /** Commands below it, and what its argument is chosen from. */
  readonly words: readonly string[]
  readonly argument: Kind | null
  /** By their long names; undefined: it takes no value. */
  readonly options: ReadonlyMap<string, Values | undefined>
}

/** Every path of a program. What begins with two underscores is for scripts alone. */
export function placesOf(program: Command): Place[] {
  const places: Place[] = []
  const walk = (command: Command, path: string) => {
    const below = command.commands.filter((one) => !one.name().startsWith('__'))
    const options = command.options.flatMap(({ long, required, argChoices }) => {
      if (typeof long !== 'string') return []
      const values = required ? (argChoices ?? kindOfOption(path, long)) : undefined
      return [[long, values] as const]
    })
    places.push({
      path,
      words: [
        ...below.map((one) => one.name()),
        ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      ],
      argument: kindOfArgument(path),
      options: new Map([...options, ['--help', undefined]]),
    })
    for (const one of below) walk(one, `${path} ${one.name()}`.trim())
  }
  walk(program, '')
  return places
}

/** The paths as a pattern of a shell's: a word that makes none of them longer is a value, not a command. */
export function knownPaths(places: readonly Place[]): string {
  const paths = places.map(({ path }) => path).filter((path) => path !== '')
  return paths.map((path) => `"${path}"`).join('|')
}
