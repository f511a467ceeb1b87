import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianFiles } from './debian-files.ts'
import { ImageError } from './errors.ts'
import { type Image, imageMade, imageOf, type Recipe } from './image.ts'
import type { GuestExtras } from './initrd.ts'
import { withoutSignature } from './module-signature.ts'
import { smallRecipe } from './small.ts'
import type { Step } from './step.ts'

export type ImageName = 'small' | 'uki' | 'debian-12'

const NAMES: readonly string[] = ['small', 'uki', 'debian-12'] satisfies ImageName[]

export interface BuildOptions {
  /** Where set-up keeps what it made: `.cache` of the project. */
  readonly cacheDirectory: string
  /** The guest agent's program; by default the one that set-up built. */
  readonly agent?: Uint8Array
  /** Told of each part that takes seconds; by default nobody is. */
  readonly step?: Step
  /** Ends the build within a moment; nothing half made stays. */
  readonly signal?: AbortSignal
}

/**
 * A guest image by its name, built when it is not there yet. The bytes follow from the inputs alone:
 * reference values made from this file hold for every machine that starts from a copy of it.
 * @throws {ImageError}; the signal's reason.
 */
export async function buildImage(name: string, options: BuildOptions): Promise<Image> {
  return imageOf(await recipeOf(name, options), options.cacheDirectory, options)
}

/** The image that `buildImage` would give without building; null: it would build. @throws {ImageError} */
export async function builtImage(name: string, options: BuildOptions): Promise<Image | null> {
  return imageMade(await recipeOf(name, options), options.cacheDirectory)
}

/** Without additions the pristine ones. A whole Debian 12 wants root and the package mmdebstrap; takes about a minute and the network. */
async function recipeOf(name: string, options: BuildOptions & GuestExtras): Promise<Recipe> {
  if (!NAMES.includes(name))
    throw new ImageError(
      'image-unknown',
      `no image is called "${name}"; there are: ${NAMES.join(', ')}`,
    )
  const { cacheDirectory, agent = agentOf(cacheDirectory) } = options
  if (name === 'small') return smallRecipe(cacheDirectory, agent, options)
  if (name === 'uki') return (await import('./uki.ts')).ukiRecipe(cacheDirectory, agent, options)
  return (await import('./debian-12.ts')).debian12Recipe(cacheDirectory, agent)
}

/** The small guest, with what a test adds to it. Without additions it is the pristine one. */
export async function buildSmall(options: BuildOptions & GuestExtras): Promise<Image> {
  return imageOf(await recipeOf('small', options), options.cacheDirectory, options)
}

/** The small guest as a unified kernel image, signed with this installation's key. */
export async function buildUki(options: BuildOptions & GuestExtras): Promise<Image> {
  return imageOf(await recipeOf('uki', options), options.cacheDirectory, options)
}

/** A sound kernel module for the guests' kernel that nobody signed (Debian's `dummy`, stripped). */
export function unsignedModule(cacheDirectory: string): Uint8Array {
  return withoutSignature(debianFiles(cacheDirectory).module('dummy'))
}

function agentOf(cacheDirectory: string): Uint8Array {
  try {
    return readFileSync(join(cacheDirectory, 'agent/trusted-launch-agent'))
  } catch (cause) {
    const message = 'the guest agent is not built: run npm run setup'
    throw new ImageError('image-inputs-missing', message, { cause })
  }
}
