import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHost } from '@trusted-launch/host'
import type { Machines } from './kills-check.ts'

/** A map that outlives the process that writes it: a file an entry, each by rename. */
export class FileMap<V> extends Map<string, V> {
  readonly #folder: string

  constructor(folder: string) {
    super()
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder))
      if (!name.startsWith('.'))
        super.set(name, JSON.parse(readFileSync(join(folder, name), 'utf8')))
  }

  override set(name: string, value: V): this {
    const temporary = join(this.#folder, `.${name}`)
    writeFileSync(temporary, JSON.stringify(value))
    renameSync(temporary, join(this.#folder, name))
    return super.set(name, value)
  }

  override delete(name: string): boolean {
    rmSync(join(this.#folder, name), { force: true })
    return super.delete(name)
  }
}

/** One in sixteen VMs cannot be made, whoever tries and however often. */
export function isDoomed(vmId: string): boolean {
  return vmId.endsWith('f')
}

/** What a scripted host below a data folder has. */
export function scriptedMachines(data: string): Machines {
  return async () =>
    new Map(
      [...new FileMap<{ power: string }>(join(data, 'machines'))].map(([name, { power }]) => [
        name,
        power === 'running',
      ]),
    )
}

/** What this machine's own host has, by its records and its processes, whoever drives it. */
export function realMachines(data: string): Machines {
  return async () => {
    const vms = join(data, 'host/vms')
    return new Map(
      readdirSync(vms).map((name) => {
        const { run } = JSON.parse(readFileSync(join(vms, name, 'machine.json'), 'utf8'))
        return [name, run !== null && run.qemu !== null && isAlive(run.qemu.pid)]
      }),
    )
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Ends the VMs that the benchmark made. */
export async function endMachines(data: string): Promise<void> {
  const host = await openHost({ stateDirectory: join(data, 'host') })
  for (const machine of host.machines()) await machine.delete()
  await host.close()
}
