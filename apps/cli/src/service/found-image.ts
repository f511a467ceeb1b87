import { ArmError } from '@trusted-launch/api'
import type { Connection } from './connection.ts'
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
  const id = connection.resource(IMAGE, image, group)
  try {
    return { id: String((await connection.client.get(id)).id) }
  } catch (error) {
    if (!(error instanceof ArmError) || error.fault.status !== 404) throw error
    return imageReference(image)
  }
}
