import type { ImageDriver } from '../domain/host/images.ts'
import { keptOf, userOf } from '../domain/image/image.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { Resource } from '../domain/store.ts'
import type { Job } from './worker.ts'

/** Removes an image or a version. Its bytes go with it unless another one, or a VM, is of the same. */
export async function removeImage(
  driver: ImageDriver,
  job: Job,
  image: Resource,
  name = keptOf(image)?.name,
): Promise<void> {
  // It goes in the bytes' turn: of two that go at once, the later one finds nobody else.
  if (name !== undefined) await driver.removeImage(name, () => hasGone(job, image, name))
  await job.under((tables) => removeWhole(tables, image.id))
}

/** Whether the bytes are somebody else's: then it has gone without them. */
function hasGone(job: Job, { id }: Resource, name: string): Promise<boolean> {
  return job.under(async (tables) => {
    if ((await userOf(tables, name, id)) === null) return false
    await removeWhole(tables, id)
    return true
  })
}
