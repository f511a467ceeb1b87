import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  buildImage,
  type Host,
  type Image,
  type Machine,
  type MachineSpec,
  openHost,
} from '@trusted-launch/host'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const root = join(import.meta.dirname, '..')
export const cacheDirectory = join(root, '.cache')
/** Longer than any boot under emulation on a busy machine. */
export const bootLimitMs = 180_000
/** What every VM here has; what its firmware measures is known for it. */
export const size = { memoryMiB: 512, vcpus: 1 } as const

/** The pristine small guest. */
export const smallGuest = (): Promise<Image> => buildImage('small', { cacheDirectory })

/** Opens a host in a folder of its own; its VMs, the host and the folder go when the work ends. */
export async function withHost<T>(work: (host: Host) => Promise<T>): Promise<T> {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'bench-host-'))
  const host = await openHost({ stateDirectory })
  try {
    return await work(host)
  } finally {
    for (const machine of host.machines()) await machine.delete()
    await host.close()
    rmSync(stateDirectory, { recursive: true })
  }
}

/** A VM as most have it: Microsoft's keys, Secure Boot on, a vTPM with SHA-256. */
export function specOf(id: string, { path, format }: Image): MachineSpec {
  const template = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
  return {
    id,
    name: id,
    ...size,
    disk: { path, format },
    secureBoot: true,
    signatures: parseSecureBootTemplate(JSON.parse(readFileSync(template, 'utf8'))),
    vtpm: { banks: ['sha256'] },
  }
}

/** A VM of that image, started; its guest boots. */
export async function startedVm(host: Host, id: string, image: Image): Promise<Machine> {
  const machine = await host.create(specOf(id, image))
  await machine.start()
  return machine
}
