import type { LeftoverDriver } from '../../src/domain/host/leftovers.ts'
import type { Deeds } from './state.ts'

/** Files that a test says lie there. */
export const leftovers: Deeds<LeftoverDriver> = {
  async leftovers(named) {
    const left = new Set(this.files)
    await this.begin('leftovers', '')
    for await (const { kind, name } of named())
      for (const file of left) if (file.kind === kind && file.name === name) left.delete(file)
    return [...left]
  },

  async removeLeftover(file, isSomebodys) {
    if (await isSomebodys()) return false
    await this.begin('removeLeftover', file.name)
    return this.files.delete(file)
  },
}
