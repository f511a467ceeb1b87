import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHost, StateError } from '@trusted-launch/host'

/** What the folder of one run's VMs is called; random characters follow. */
export const runPrefix = 'vms-'
const keptMark = 'kept'

/** The VMs of this folder are to outlive their run. */
export function markAsKept(folder: string): void {
  writeFileSync(join(folder, keptMark), '')
}

/**
 * Removes what killed runs left under `demoFolder`: folders and the VMs that run in them. A live run holds
 * its folder's lock, and VMs that are kept stay until the last of them is deleted.
 */
export async function removeLeftovers(
  demoFolder: string,
  warn: (message: string) => void,
): Promise<void> {
  for (const name of readdirSync(demoFolder).filter((each) => each.startsWith(runPrefix))) {
    const folder = join(demoFolder, name)
    if (isKept(folder)) continue
    try {
      await removeRun(folder)
    } catch (e) {
      if (e instanceof StateError && e.code === 'state-locked') continue
      warn(`what a former run left in ${folder} could not be removed: ${(e as Error).message}`)
    }
  }
}

function isKept(folder: string): boolean {
  const vms = join(folder, 'host/vms')
  return existsSync(join(folder, keptMark)) && existsSync(vms) && readdirSync(vms).length > 0
}

async function removeRun(folder: string): Promise<void> {
  const host = await openHost({ stateDirectory: join(folder, 'host') })
  try {
    for (const machine of host.machines()) await machine.delete()
  } finally {
    await host.close()
  }
  rmSync(folder, { recursive: true, force: true })
}
