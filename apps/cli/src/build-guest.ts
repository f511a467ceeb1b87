import { join } from 'node:path'
import type { BuildOptions, Image } from '@trusted-launch/host'

const root = join(import.meta.dirname, '../../..')

/**
 * Builds a guest image. Debian packages that only this image wants are installed when it says so,
 * after asking on a terminal. @throws {ImageError}
 */
export async function buildGuest(
  name: string,
  options: Omit<BuildOptions, 'cacheDirectory'>,
): Promise<Image> {
  const { buildImage, ImageError } = await import('@trusted-launch/host')
  const build = () => buildImage(name, { cacheDirectory: join(root, '.cache'), ...options })
  try {
    return await build()
  } catch (e) {
    if (!(e instanceof ImageError) || e.code !== 'image-packages-missing') throw e
    const { need } = await import('../../../tools/setup.mjs')
    if (!(await need(e.packages))) throw e
    return build()
  }
}
