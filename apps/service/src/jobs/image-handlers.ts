import { ArmError } from '@trusted-launch/api'
import type { ImageDriver } from '../domain/host/images.ts'
import type { UploadDriver } from '../domain/host/uploads.ts'
import { type ImageRules, imageSource, withKept } from '../domain/image/image.ts'
import type { Resource } from '../domain/store.ts'
import { followed } from './followed.ts'
import { removeImage } from './remove-image.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What is done for images. An image that cannot be taken leaves nothing behind. */
export function imageHandlers(
  driver: ImageDriver & UploadDriver,
  rules: ImageRules,
  now: () => number,
): Record<string, Handler> {
  return {
    'image.put': (job) => takeImage(driver, rules, now, job),
    'image.delete': (job) => deleteImage(driver, job),
  }
}

async function takeImage(
  driver: ImageDriver & UploadDriver,
  rules: ImageRules,
  now: () => number,
  job: Job,
): Promise<undefined> {
  const image = await there(job)
  // Whoever took it may have ended before it let go of what it was made of.
  if (image?.provisioningState === 'Succeeded') await forget(driver, rules, image)
  if (image?.provisioningState !== 'Creating') return undefined
  let name: string | undefined
  try {
    const source = imageSource(image, rules)
    await followed(job, (tell, signal) =>
      driver.takeImage(source, tell, signal, async (kept) => {
        name = kept.name
        const taken = { ...withKept(image, kept), provisioningState: 'Succeeded' } as const
        await job.under(({ resources }) => resources.update(image.id, taken, now()))
      }),
    )
    await driver.forgetSource(source)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) await undo(driver, rules, job, image, name)
    throw error
  }
  return undefined
}

async function undo(
  driver: ImageDriver & UploadDriver,
  rules: ImageRules,
  job: Job,
  image: Resource,
  name: string | undefined,
): Promise<void> {
  await forget(driver, rules, image)
  await removeImage(driver, job, image, name)
}

/** Also where its host is not allowed any more. */
async function forget(driver: UploadDriver, rules: ImageRules, image: Resource): Promise<void> {
  try {
    await driver.forgetSource(imageSource(image, rules))
  } catch (error) {
    if (!(error instanceof ArmError)) throw error
  }
}

async function deleteImage(driver: ImageDriver, job: Job): Promise<undefined> {
  const image = await there(job)
  if (image?.provisioningState === 'Deleting') await removeImage(driver, job, image)
  return undefined
}

function there({ operation, under }: Job): Promise<Resource | null> {
  return under(({ resources }) => resources.get(operation.resourceId))
}
