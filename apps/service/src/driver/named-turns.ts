/** Deeds on things that have names: one at a time for each name, in the order they come. */
export class NamedTurns {
  /** The last deed of each name that has one. */
  readonly #last = new Map<string, Promise<unknown>>()

  async take<T>(name: string, deed: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(deed)
    const over = turn.catch(() => {})
    this.#last.set(name, over)
    try {
      return await turn
    } finally {
      if (this.#last.get(name) === over) this.#last.delete(name)
    }
  }
}
