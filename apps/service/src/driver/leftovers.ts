import type { HostFileKind, Leftover, LeftoverDriver, NamedFile } from '../domain/host/leftovers.ts'

/** What lies on a shelf under one name: one file, or several that belong together. */
export type FoundFile = Omit<Leftover, 'kind'>

/** Where a host keeps files of a kind, each for a record that names it. */
export interface Shelf {
  readonly kind: HostFileKind
  files(): Promise<readonly FoundFile[]>
  /** What it calls the file of whoever is named so on record. */
  nameOf(named: string): string
  /** Unless it changed since, is in use, or `isSomebodys`. @returns whether it went. */
  remove(file: FoundFile, isSomebodys: () => Promise<boolean>): Promise<boolean>
}

/** What lies on this machine and no record names. */
export function leftoverDriver(shelves: readonly Shelf[]): LeftoverDriver {
  return {
    leftovers: (named) => leftoversOn(shelves, named),

    async removeLeftover(file, isSomebodys) {
      const shelf = shelves.find(({ kind }) => kind === file.kind)
      return shelf === undefined ? false : shelf.remove(file, isSomebodys)
    },
  }
}

/** What lies there and `named` does not name, which is asked once everything is listed. */
export async function leftoversOn(
  shelves: readonly Shelf[],
  named: () => AsyncIterable<NamedFile>,
): Promise<readonly Leftover[]> {
  const byKind = new Map(shelves.map((shelf) => [shelf.kind, shelf]))
  const left = new Map<string, Leftover>()
  for (const [kind, shelf] of byKind)
    for (const file of await shelf.files()) left.set(`${kind}/${file.name}`, { ...file, kind })
  if (left.size === 0) return []
  for await (const { kind, name } of named())
    left.delete(`${kind}/${byKind.get(kind)?.nameOf(name) ?? name}`)
  return [...left.values()]
}
