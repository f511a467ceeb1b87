import type { Connection } from './connection.ts'
import { found } from './found.ts'
import { imageReference } from './new-vm.ts'

const GALLERY = 'Microsoft.Compute/galleries'
const IMAGE = 'Microsoft.Compute/images'

/**
 * What `imageReference` is of an image as people name it: an id; `GALLERY/DEFINITION[/VERSION]`; the name of an image
 * in the group; ours, or a name of the marketplace. @throws {Error} none of these.
 */
export async function foundImage(
  connection: Connection,
  image: string,
  group?: string,
): Promise<Record<string, string>> {
  if (image.startsWith('/')) return { id: image }
  const version = inGallery(connection, image, group)
  if (version !== null) return { id: version }
  if (image.includes(':')) return imageReference(image)
  const own = await found(connection, connection.resource(IMAGE, image, group))
  return own === null ? imageReference(image) : { id: String(own.id) }
}

/** The id of `GALLERY/DEFINITION[/VERSION]`; null: it is no such text. */
export function inGallery(connection: Connection, image: string, group?: string): string | null {
  const [, gallery, definition, version] =
    /^([\w.]+)\/([\w.-]+)(?:\/(\d+\.\d+\.\d+|latest))?$/.exec(image) ?? []
  if (gallery === undefined) return null
  const at = `${connection.resource(GALLERY, gallery, group)}/images/${definition}`
  return version === undefined ? at : `${at}/versions/${version}`
}
