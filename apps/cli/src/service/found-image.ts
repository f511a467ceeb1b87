import type { Connection } from './connection.ts'
import { found } from './found.ts'
import { imageReference } from './new-vm.ts'

const IMAGE = 'Microsoft.Compute/images'

/**
 * What `imageReference` is of an image as people name it: an id; the name of an image in the group; ours, or a
 * name of the marketplace. @throws {Error} none of these.
 */
export async function foundImage(
  connection: Connection,
  image: string,
  group?: string,
): Promise<Record<string, string>> {
  if (image.startsWith('/')) return { id: image }
  if (image.includes(':')) return imageReference(image)
  const own = await found(connection, connection.resource(IMAGE, image, group))
  return own === null ? imageReference(image) : { id: String(own.id) }
}
