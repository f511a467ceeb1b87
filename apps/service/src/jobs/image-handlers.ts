import { ArmError } from '@trusted-launch/api'
import type { HostDriver } from '../domain/host-driver.ts'
import { type ImageRules, imageSource, keptOf, userOf, withKept } from '../domain/image/image.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { Resource } from '../domain/store.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What is done for images. An image that cannot be taken leaves nothing behind. */
export function imageHandlers(
  driver: HostDriver,
  rules: ImageRules,
  now: () => number,
): Record<string, Handler> {
  return {
    'image.put': (job) => takeImage(driver, rules, now, job),
    'image.delete': (job) => removeImage(driver, job),
  }
}

async function takeImage(
  driver: HostDriver,
  rules: ImageRules,
  now: () => number,
  job: Job,
): Promise<undefined> {
  const { resourceId } = job.operation
  const image = await job.under(({ resources }) => resources.get(resourceId))
  if (image === null || image.provisioningState !== 'Creating') return undefined
  try {
    const source = imageSource(image, rules)
    const kept = await followed(job, (tell, signal) => driver.takeImage(source, tell, signal))
    await job.under(({ resources }) =>
      resources.update(
        resourceId,
        { ...withKept(image, kept), provisioningState: 'Succeeded' },
        now(),
      ),
    )
    await driver.forgetSource(source)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) await undo(driver, rules, job, image)
    throw error
  }
  return undefined
}

async function undo(
  driver: HostDriver,
  rules: ImageRules,
  job: Job,
  image: Resource,
): Promise<void> {
  try {
    await driver.forgetSource(imageSource(image, rules))
  } catch (error) {
    if (!(error instanceof ArmError)) throw error
  }
  await job.under((tables) => removeWhole(tables, image.id))
}

/** Its bytes go unless another image, or a VM, is of the same. */
async function removeImage(driver: HostDriver, job: Job): Promise<undefined> {
  const { resourceId } = job.operation
  const image = await job.under(({ resources }) => resources.get(resourceId))
  if (image?.provisioningState !== 'Deleting') return undefined
  const name = keptOf(image)?.name
  const user =
    name === undefined ? null : await job.under((tables) => userOf(tables, name, resourceId))
  if (name !== undefined && user === null) await driver.removeImage(name)
  await job.under((tables) => removeWhole(tables, resourceId))
  return undefined
}
