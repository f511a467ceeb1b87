import { ArmError } from '@trusted-launch/api'
import { definitionFacts } from '../domain/gallery/definition.ts'
import { definitionOf, withBytes } from '../domain/gallery/version.ts'
import { fitFault, requireOff } from '../domain/gallery/version-source.ts'
import type { HostDriver, KeptImage } from '../domain/host-driver.ts'
import { keptOf, userOf } from '../domain/image/image.ts'
import { removeWhole } from '../domain/remove-whole.ts'
import type { ImageSource } from '../domain/sources.ts'
import type { Resource } from '../domain/store.ts'
import { textAt } from '../domain/vm/vm.ts'
import { followed } from './followed.ts'
import { type Handler, isOurs, type Job } from './worker.ts'

/** What is done for versions of galleries. One that cannot be made leaves nothing behind. */
export function galleryHandlers(driver: HostDriver, now: () => number): Record<string, Handler> {
  return {
    'galleryVersion.put': (job) => make(driver, now, job),
    'galleryVersion.delete': (job) => remove(driver, job),
  }
}

async function make(driver: HostDriver, now: () => number, job: Job): Promise<undefined> {
  const version = await there(job)
  if (version?.provisioningState !== 'Creating') return undefined
  const source = version.state.source as unknown as ImageSource | undefined
  try {
    const kept = keptOf(version) ?? (await taken(driver, job, version, source!))
    await job.tell(95, 'publishing')
    await job.under(async ({ resources }) => {
      // How it is published may have been changed meanwhile.
      const row = (await resources.get(version.id)) ?? version
      const done = { ...withBytes(row, kept), provisioningState: 'Succeeded' } as const
      await resources.update(version.id, done, now())
    })
    if (source !== undefined) await forget(driver, source)
  } catch (error) {
    if (!job.signal.aborted && !isOurs(error)) {
      if (source !== undefined) await forget(driver, source)
      await job.under((tables) => removeWhole(tables, version.id))
    }
    throw error
  }
  return undefined
}

/** The bytes, once they are found to belong to the definition. */
async function taken(
  driver: HostDriver,
  job: Job,
  version: Resource,
  source: ImageSource,
): Promise<KeptImage> {
  const kept = await followed(job, (tell, signal) => driver.takeImage(source, tell, signal))
  try {
    await requireUnwritten(job, version)
    const definition = await job.under(({ resources }) => resources.get(definitionOf(version.id)))
    const of = source.kind === 'url' ? source.url : source.id
    const fault = fitFault(of, kept, definitionFacts(definition!))
    if (fault !== null) throw new ArmError(fault)
    return kept
  } catch (error) {
    const isOthers = await job.under((tables) => userOf(tables, kept.name, version.id))
    if (isOthers === null) await driver.removeImage(kept.name)
    throw error
  }
}

/** A VM that was started while its disk was copied wrote to it: half a copy is none. @throws {ArmError} */
async function requireUnwritten(job: Job, { properties }: Resource): Promise<void> {
  const source = (properties.storageProfile as { source?: Resource['properties'] }).source ?? {}
  const id = textAt(source, 'virtualMachineId') ?? textAt(source, 'id')
  const vm = id === null ? null : await job.under(({ resources }) => resources.get(id))
  if (vm !== null) requireOff(vm)
}

async function forget(driver: HostDriver, source: ImageSource): Promise<void> {
  if (source.kind === 'upload' || source.kind === 'url') await driver.forgetSource(source)
}

/** Its bytes go unless an image, another version or a VM is of the same. */
async function remove(driver: HostDriver, job: Job): Promise<undefined> {
  const version = await there(job)
  if (version?.provisioningState !== 'Deleting') return undefined
  const name = keptOf(version)?.name
  const user =
    name === undefined ? null : await job.under((tables) => userOf(tables, name, version.id))
  if (name !== undefined && user === null) await driver.removeImage(name)
  await job.under((tables) => removeWhole(tables, version.id))
  return undefined
}

function there({ operation, under }: Job): Promise<Resource | null> {
  return under(({ resources }) => resources.get(operation.resourceId))
}
