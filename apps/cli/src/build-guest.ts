import { join } from 'node:path'
import type { BuildOptions, Image } from '@trusted-launch/host'

const root = join(import.meta.dirname, '../../..')
/** Plain JavaScript that runs before anything is installed: found by path, as the launcher finds Node. */
const setUp = join(root, 'tools/setup.mjs')

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
    const { need } = await import(setUp)
    if (!(await need(e.packages))) throw e
    return build()
  }
}
