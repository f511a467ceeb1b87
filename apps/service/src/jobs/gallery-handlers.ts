import { ArmError } from '@trusted-launch/api'
import { definitionFacts } from '../domain/gallery/definition.ts'
import { definitionOf, withBytes } from '../domain/gallery/version.ts'
import { fitFault, requireOff } from '../domain/gallery/version-source.ts'
import type { ImageDriver, KeptImage } from '../domain/host/images.ts'
import type { UploadDriver } from '../domain/host/uploads.ts'
import { keptOf } from '../domain/image/image.ts'
import type { ImageSource } from '../domain/sources.ts'
import type { Resource } from '../domain/store.ts'
import { textAt } from '../domain/vm/vm.ts'
import { followed } from './followed.ts'
import { removeImage } from './remove-image.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What is done for versions of galleries. One that cannot be made leaves nothing behind. */
export function galleryHandlers(
  driver: ImageDriver & UploadDriver,
  now: () => number,
): Record<string, Handler> {
  return {
    'galleryVersion.put': (job) => make(driver, now, job),
    'galleryVersion.delete': (job) => remove(driver, job),
  }
}

async function make(
  driver: ImageDriver & UploadDriver,
  now: () => number,
  job: Job,
): Promise<undefined> {
  const version = await there(job)
  if (version?.provisioningState !== 'Creating') return undefined
  const source = version.state.source as unknown as ImageSource | undefined
  let name: string | undefined
  try {
    const kept = keptOf(version)
    if (kept !== null) await publish(job, version, kept, now())
    else
      await followed(job, (tell, signal) =>
        driver.takeImage(source!, tell, signal, async (taken) => {
          name = taken.name
          await requireFit(job, version, source!, taken)
          await publish(job, version, taken, now())
        }),
      )
    if (source !== undefined) await forget(driver, source)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) {
      if (source !== undefined) await forget(driver, source)
      await removeImage(driver, job, version, name)
    }
    throw error
  }
  return undefined
}

async function publish(job: Job, version: Resource, kept: KeptImage, at: number): Promise<void> {
  await job.tell(95, 'publishing')
  await job.under(async ({ resources }) => {
    // How it is published may have been changed meanwhile.
    const row = (await resources.get(version.id)) ?? version
    const done = { ...withBytes(row, kept), provisioningState: 'Succeeded' } as const
    await resources.update(version.id, done, at)
  })
}

/** The bytes belong to the definition. @throws {ArmError} */
async function requireFit(
  job: Job,
  version: Resource,
  source: ImageSource,
  kept: KeptImage,
): Promise<void> {
  await requireUnwritten(job, version)
  const definition = await job.under(({ resources }) => resources.get(definitionOf(version.id)))
  const of = source.kind === 'url' ? source.url : source.id
  const fault = fitFault(of, kept, definitionFacts(definition!))
  if (fault !== null) throw new ArmError(fault)
}

/** A VM that was started while its disk was copied wrote to it: half a copy is none. @throws {ArmError} */
async function requireUnwritten(job: Job, { properties }: Resource): Promise<void> {
  const source = (properties.storageProfile as { source?: Resource['properties'] }).source ?? {}
  const id = textAt(source, 'virtualMachineId') ?? textAt(source, 'id')
  const vm = id === null ? null : await job.under(({ resources }) => resources.get(id))
  if (vm !== null) requireOff(vm)
}

async function forget(driver: UploadDriver, source: ImageSource): Promise<void> {
  if (source.kind === 'upload' || source.kind === 'url') await driver.forgetSource(source)
}

async function remove(driver: ImageDriver, job: Job): Promise<undefined> {
  const version = await there(job)
  if (version?.provisioningState === 'Deleting') await removeImage(driver, job, version)
  return undefined
}

function there({ operation, under }: Job): Promise<Resource | null> {
  return under(({ resources }) => resources.get(operation.resourceId))
}
