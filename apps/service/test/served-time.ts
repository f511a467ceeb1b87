/** When a service that is killed again and again served: a service that is down asks nobody. */
export class ServedTime {
  readonly #spans: { readonly from: number; to: number }[] = []

  begin(): void {
    this.#spans.push({ from: Date.now(), to: Number.POSITIVE_INFINITY })
  }

  end(): void {
    this.#spans.at(-1)!.to = Date.now()
  }

  /** Of the milliseconds between two times, so many. */
  between(from: number, to: number): number {
    const parts = this.#spans.map((span) => Math.min(to, span.to) - Math.max(from, span.from))
    return parts.reduce((sum, part) => sum + Math.max(0, part), 0)
  }
}
