import { TemplateError } from './errors.ts'
import { isList, type Json } from './value.ts'

/** What one template may cost to evaluate: less than a second. */
export const STEPS_MAX = 1_000_000
/** What its expressions may make in all: characters of texts, values. */
export const WRITTEN_MAX = 16_777_216
/** What one value may hold: characters of its texts, values in it. */
export const VALUE_MAX = 4_194_304
/** How deep a value may be. */
export const DEPTH_MAX = 100

interface Weight {
  readonly size: number
  readonly depth: number
}

/** Ends what would not end: a template is somebody else's program. */
export class Budget {
  #steps = STEPS_MAX
  #written = WRITTEN_MAX
  readonly #weights = new WeakMap<object, Weight>()

  /** @throws {TemplateError} `JobSizeExceeded` */
  spend(steps: number): void {
    this.#steps -= steps
    if (this.#steps < 0)
      throw new TemplateError('The template takes too long to evaluate.', '', 'JobSizeExceeded')
  }

  /** @throws {TemplateError} `JobSizeExceeded` */
  write(size: number): void {
    this.#written -= size
    if (this.#written < 0)
      throw new TemplateError('The template comes to too much.', '', 'JobSizeExceeded')
  }

  /**
   * What a value would be if it were written out: parts that it shares with others count as often as they stand in
   * it, so that a list of twice the list before is found out. @throws {TemplateError} `JobSizeExceeded`
   */
  weigh(value: Json): number {
    const { size, depth } = this.#weightOf(value, 0)
    if (size > VALUE_MAX)
      throw new TemplateError('A value of the template is too large.', '', 'JobSizeExceeded')
    if (depth > DEPTH_MAX)
      throw new TemplateError('A value of the template is too deep.', '', 'JobSizeExceeded')
    return size
  }

  #weightOf(value: Json, level: number): Weight {
    if (typeof value === 'string') return { size: 1 + value.length, depth: 0 }
    if (typeof value !== 'object' || value === null) return { size: 1, depth: 0 }
    const known = this.#weights.get(value)
    if (known !== undefined) return known
    if (level > DEPTH_MAX) return { size: 1, depth: 1 }
    let [size, depth] = [1, 0]
    for (const [name, one] of isList(value) ? value.entries() : Object.entries(value)) {
      if (name === '__proto__') throw new TemplateError("No member may be called '__proto__'.")
      const inner = this.#weightOf(one, level + 1)
      size += inner.size + (typeof name === 'string' ? name.length : 0)
      depth = Math.max(depth, inner.depth + 1)
    }
    this.spend(1)
    this.#weights.set(value, { size, depth })
    return { size, depth }
  }
}
