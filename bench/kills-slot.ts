/** What a VM may be, as far as its client knows. `power` null: there is no VM. */
export interface Guess {
  readonly power: 'running' | 'stopped' | 'deallocated' | null
  readonly tag: string
}

export type Deed = 'put' | 'tag' | 'start' | 'powerOff' | 'deallocate' | 'delete'

const NONE: Guess = { power: null, tag: '' }
const powers = { start: 'running', powerOff: 'stopped', deallocate: 'deallocated' } as const

/** What a deed makes of a VM. */
export function after(guess: Guess, deed: Deed, tag: string): Guess {
  if (deed === 'delete') return NONE
  if (deed === 'put') return { power: guess.power ?? 'running', tag }
  if (guess.power === null) return guess
  return deed === 'tag' ? { ...guess, tag } : { ...guess, power: powers[deed] }
}

/** One VM of one client, and all that it may be: more than one thing only where an answer never came. */
export class Slot {
  readonly name: string
  readonly nic: string
  guesses: readonly Guess[] = [NONE]

  constructor(name: string, nic: string) {
    this.name = name
    this.nic = nic
  }

  get mayExist(): boolean {
    return this.guesses.some(({ power }) => power !== null)
  }

  /** It was acknowledged. */
  done(deed: Deed, tag: string): void {
    this.guesses = distinct(this.guesses.map((guess) => after(guess, deed, tag)))
  }

  /** Nobody knows; `doomed`: nor whether a VM could be made. */
  unknown(deed: Deed, tag: string): void {
    this.guesses = distinct([
      ...this.guesses,
      ...this.guesses.map((guess) => after(guess, deed, tag)),
    ])
  }

  /** It could not be made. */
  gone(): void {
    this.guesses = [NONE]
  }

  /** @returns whether it may be so; it is so from now on. */
  found(found: Guess): boolean {
    const may = this.guesses.some(({ power, tag }) => power === found.power && tag === found.tag)
    this.guesses = [found]
    return may
  }
}

function distinct(guesses: readonly Guess[]): Guess[] {
  return [...new Map(guesses.map((guess) => [JSON.stringify(guess), guess])).values()]
}
