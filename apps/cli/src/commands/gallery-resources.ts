import type { Connection } from '../service/connection.ts'

export const GALLERY = 'Microsoft.Compute/galleries'

/** The path of a gallery, of a definition in it, or of a version of that. */
export function galleryAt(
  connection: Connection,
  [gallery, definition, version]: readonly string[],
  group?: string,
): string {
  const at = connection.resource(GALLERY, gallery!, group)
  const image = definition === undefined ? '' : `/images/${encodeURIComponent(definition)}`
  return at + image + (version === undefined ? '' : `/versions/${encodeURIComponent(version)}`)
}

/** What a gallery, a definition or a version is reached by, as it is typed. */
export interface Level {
  /** `gallery`, `image-definition` … */
  readonly noun: string
  readonly nouns: string
  /** Its arguments: the name of what it is in, and its own. */
  readonly names: readonly (readonly [name: string, what: string])[]
  /** What the list of them is below what holds them. */
  readonly collection: string
  readonly fields: (one: any) => readonly (readonly [string, string])[]
  /** An example's arguments. */
  readonly example: string
  /** What to type after one is made. */
  readonly next: (typed: string, of: string) => string
}
