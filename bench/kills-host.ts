import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
