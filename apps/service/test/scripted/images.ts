import { createHash } from 'node:crypto'
import type { ImageDriver } from '../../src/domain/host/images.ts'
import { examinationIn } from './script.ts'
import type { Deeds } from './state.ts'

/** Images that are names. */
export const images: Deeds<ImageDriver> = {
  async prepareImage(image, _tell, signal) {
    await this.begin('prepareImage', image, signal)
    return this.script.prepared?.(image) ?? image
  },

  /** Its name follows from where it comes from. */
  async takeImage(source, _tell, signal, isKept) {
    const from = source.kind === 'url' ? source.url : source.id
    await this.begin('takeImage', from, signal)
    const sha256 = createHash('sha256').update(from).digest('hex')
    const name = `sha256:${sha256}`
    const examination = examinationIn(this.script)
    await this.imageTurns.take(name, async () => {
      this.images.add(name)
      await isKept({ name, sha256, format: 'raw', fileBytes: 1 << 30, examination })
    })
  },

  removeImage(name, isSomebodys) {
    return this.imageTurns.take(name, async () => {
      if (await isSomebodys()) return
      await this.begin('removeImage', name)
      this.images.delete(name)
    })
  },
}
