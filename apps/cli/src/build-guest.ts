import { join } from 'node:path'
import type { Image } from '@trusted-launch/host'
import type { Step } from './step.ts'

/** Where set-up and builds keep what they made. */
export const cacheDirectory = join(import.meta.dirname, '../../../.cache')

/**
 * Builds a guest image. Debian packages that only this image wants are installed when it says so,
 * after asking on a terminal. @throws {ImageError}
 */
export async function buildGuest(
  name: string,
  options: { readonly step: Step; readonly yes: boolean },
): Promise<Image> {
  const { buildImage, ImageError } = await import('@trusted-launch/host')
  const build = () => buildImage(name, { cacheDirectory, step: options.step })
  try {
    return await build()
  } catch (e) {
    if (!(e instanceof ImageError) || e.code !== 'image-packages-missing') throw e
    const { need } = await import('../../../tools/setup.mjs')
    if (!(await need(e.packages, { yes: options.yes }))) throw e
    return build()
  }
}
