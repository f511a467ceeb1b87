import { clip, TemplateError } from './errors.ts'
import { callsIn, evaluate } from './evaluate.ts'
import type { Planned } from './planned.ts'
import { deferredIn } from './settle.ts'

/** What texts of a template mean its resources: ids, types with names, names, names of loops. */
export class Places {
  readonly #by = new Map<string, Set<Planned>>()

  constructor(planned: readonly Planned[]) {
    for (const one of planned) {
      const { id, type, name, symbol, copy } = one
      const [, relative] = id.split(/\/providers\/(?!.*\/providers\/)/i)
      const texts = [id, name, `${type}/${name}`, relative, symbol, copy?.name]
      for (const text of texts) if (typeof text === 'string') this.#add(text, one)
    }
  }

  #add(text: string, one: Planned): void {
    const key = text.toLowerCase()
    this.#by.set(key, (this.#by.get(key) ?? new Set()).add(one))
  }

  named(text: string): readonly Planned[] {
    return [...(this.#by.get(text.toLowerCase().replace(/(.)\/+$/, '$1')) ?? [])]
  }

  /** What `reference('name')` means: one resource, or none. */
  idOf(text: string): string | null {
    const found = new Set(this.named(text).map(({ id }) => id))
    return found.size === 1 ? [...found][0]! : null
  }
}

/** Those that must be there before each: what it says, what it asks the state of, and the batch before its own. */
export function dependenciesOf(
  planned: readonly Planned[],
  places: Places,
): Map<Planned, readonly Planned[]> {
  const wanted = planned.filter(({ isSkipped }) => !isSkipped)
  return new Map(
    wanted.map((one) => {
      const said = one.dependsOn.flatMap((text) => required(places, one, text))
      const all = new Set([...said, ...asked(places, one), ...before(one, places)])
      return [one, [...all].filter((other) => !other.isSkipped)]
    }),
  )
}

function required(places: Places, { path, name }: Planned, text: string): readonly Planned[] {
  const found = places.named(text)
  if (found.length > 0) return found
  throw new TemplateError(
    `The resource '${clip(text)}' is not defined in the template, and '${clip(name)}' depends on it.`,
    `${path}.dependsOn`,
  )
}

/** The resources whose state its expressions ask for. */
function asked(places: Places, one: Planned): Planned[] {
  const found: Planned[] = []
  for (const { expression, environment } of deferredIn(one.body))
    for (const { name, args } of callsIn(expression))
      if (name.toLowerCase() === 'reference' && args[0] !== undefined)
        found.push(...meant(places, () => evaluate(args[0]!, environment)))
  return found.filter((other) => other !== one)
}

/** What can't be told before all is there is no dependency. */
function meant(places: Places, which: () => unknown): readonly Planned[] {
  try {
    const text = which()
    return typeof text === 'string' ? places.named(text) : []
  } catch (error) {
    if (error instanceof TemplateError && error.code === 'InvalidTemplate') return []
    throw error
  }
}

function before({ copy, path }: Planned, places: Places): readonly Planned[] {
  if (copy === null || copy.batch === null) return []
  const batch = Math.floor(copy.index / copy.batch) - 1
  return places
    .named(copy.name)
    .filter((other) => other.path === path && Math.floor(other.copy!.index / copy.batch!) === batch)
}

/** Each after those it depends on. @throws {TemplateError} they depend on each other. */
export function inOrder(dependencies: ReadonlyMap<Planned, readonly Planned[]>): Planned[] {
  const waiting = new Map([...dependencies].map(([one, on]) => [one, new Set(on)]))
  const dependents = new Map<Planned, Planned[]>()
  for (const [one, on] of dependencies)
    for (const other of on) dependents.set(other, [...(dependents.get(other) ?? []), one])
  const ready = [...waiting].filter(([, on]) => on.size === 0).map(([one]) => one)
  const ordered: Planned[] = []
  for (let one = ready.shift(); one !== undefined; one = ready.shift()) {
    ordered.push(one)
    waiting.delete(one)
    for (const other of dependents.get(one) ?? []) {
      const left = waiting.get(other)!
      left.delete(one)
      if (left.size === 0) ready.push(other)
    }
  }
  const [stuck] = waiting.keys()
  if (stuck === undefined) return ordered
  throw new TemplateError(
    `Circular dependency detected on resource: '${clip(stuck.id)}'.`,
    `${stuck.path}.dependsOn`,
  )
}
