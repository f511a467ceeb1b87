import type { TestContext } from 'node:test'
import { buildImage, type Image, ImageError } from '@trusted-launch/host'
import { need } from '../../tools/setup.mjs'
import { cacheDirectory } from './machines.ts'

/** What apt and mmdebstrap say of a network that is not there. */
const offline = /Temporary failure resolving|Could not (?:resolve|connect)|Network is unreachable/

/**
 * The debian-12 image, built when it is not there yet. Null, with the test skipped and the reason told,
 * where it can't be built: no root, or no network.
 */
export async function debian12Image(t: TestContext): Promise<Image | null> {
  try {
    return await build()
  } catch (e) {
    const told = e instanceof Error ? e.message : String(e)
    const isWanting = e instanceof ImageError && /^image-(?:needs-root|no-network)$/.test(e.code)
    if (!isWanting && !offline.test(told)) throw e
    t.skip(told)
    return null
  }
}

async function build(): Promise<Image> {
  try {
    return await buildImage('debian-12', { cacheDirectory })
  } catch (e) {
    if (!(e instanceof ImageError) || e.code !== 'image-packages-missing') throw e
    await need(e.packages, { yes: true })
    return buildImage('debian-12', { cacheDirectory })
  }
}
