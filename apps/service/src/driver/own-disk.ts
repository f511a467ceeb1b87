import { examineFile, type Machine, type MachineSpec } from '@trusted-launch/host'
import { keysFor } from '../catalogue/secure-boot-templates.ts'
import type { MachinePlan } from '../domain/host/machines.ts'
import type { DiskFiles } from './disk-files.ts'
import { specOf, systemOf } from './machine-spec.ts'

const NEEDED_FOR_UEFI: readonly string[] = ['partition table', 'EFI system partition']

/** The disk that a VM takes as its own; null: it is made of an image. */
export function diskIn(image: string): string | null {
  return image.startsWith('disk:') ? image.slice('disk:'.length) : null
}

/** A VM that begins with a disk's bytes, and with the variables that are kept with it. @throws {ArmError} */
export async function specOfOwn(
  diskId: string,
  plan: MachinePlan,
  files: DiskFiles,
  isBridged: boolean,
): Promise<MachineSpec> {
  const path = files.require(diskId)
  const image = { name: plan.image, sha256: '', path, format: 'qcow2' as const }
  const variables = await files.facts.variablesOf(diskId)
  const keys = keysFor(files.facts.osTypeOf(diskId))
  return { ...specOf(plan, image, keys, isBridged), variables }
}

/** Stops a VM and keeps its disk's bytes and its variables, for another VM. */
export async function keepOwnDisk(
  machine: Machine,
  diskId: string,
  files: DiskFiles,
): Promise<void> {
  await machine.stop({ graceful: false })
  const variables = await machine.readVariables()
  await files.facts.keep(diskId, { variables, osType: files.facts.osTypeOf(diskId) })
  await files.keep(machine.diskFile, diskId, machine.spec.disk.format)
}

/** What the disk of a stopped VM lacks to boot by UEFI: `a GPT …`; none: nothing. */
export async function lacksForUefi({ disk, spec }: Machine): Promise<readonly string[]> {
  const { rows } = await examineFile(disk.path, disk.format, keysFor(systemOf(spec)))
  return rows
    .filter(({ what, state }) => NEEDED_FOR_UEFI.includes(what) && state !== 'works')
    .map(({ what, reason }) => `${what} (${reason})`)
}
