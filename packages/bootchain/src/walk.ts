import { MalformedError } from '@trusted-launch/codec'
import type { RandomAccess } from '@trusted-launch/disk'
import { decodePe, type PeImage, sectionOf, shimVendor } from '@trusted-launch/uefi'
import { type BootDisk, type BootFile, openBootDisk } from './boot-disk.ts'
import { DEFAULT_LOADER } from './boot-options.ts'
import { BootChainError } from './errors.ts'
import { fallbackLoader } from './fallback.ts'
import { type GrubRun, runGrub } from './grub.ts'
import { type GrubBuiltIn, grubBuiltIn } from './grub-image.ts'
import { grubUnordered } from './grub-unordered.ts'

/** A PE file of the boot, read. */
export interface BootImage extends BootFile {
  readonly image: PeImage
}

/** What will run from this disk when nobody intervenes. Nothing is verified here. */
export type BootChain =
  | {
      readonly kind: 'shim'
      readonly disk: BootDisk
      readonly loader: BootImage
      readonly grub: BootImage
      readonly run: GrubRun
      readonly kernel: BootImage
    }
  | { readonly kind: 'uki'; readonly disk: BootDisk; readonly loader: BootImage }

/** Where shim looks for what it starts. shim, Make.defaults. */
const secondStage = 'grubx64.efi'

/**
 * Follows a disk from the default boot path: shim, GRUB and its configuration, the kernel; or a
 * unified kernel image. Where shim's fallback is beside it, from the loader that its one boot option will name. Boot
 * options of a store are not followed: this is for the first boot.
 * @throws {BootChainError} NO_LOADER and others. @throws {MalformedError} a file that cannot be read.
 */
export function walk(disk: RandomAccess): BootChain {
  const loaders = loadersOf(disk)
  if (loaders.kind === 'uki') return loaders
  return chainOf(loaders, runGrub(loaders.builtIn, loaders.disk, folderOf(loaders.loader.path)))
}

/**
 * As `walk`; and where GRUB's configuration cannot be followed, with Secure Boot on, a chain for each kernel that it may
 * start. At least one.
 * @throws {BootChainError} not that either. @throws {MalformedError} a file that cannot be read.
 */
export function walkBoots(disk: RandomAccess): readonly BootChain[] {
  try {
    return [walk(disk)]
  } catch (e) {
    if (!(e instanceof BootChainError) || e.code !== 'UNPREDICTABLE') throw e
    const chains = walkUnordered(disk)
    if (chains.length === 0) throw e
    return chains
  }
}

/** None: what could not be followed at first says more. */
function walkUnordered(disk: RandomAccess): readonly ShimChain[] {
  try {
    const loaders = loadersOf(disk)
    if (loaders.kind === 'uki') return []
    const runs = grubUnordered(loaders.builtIn, loaders.disk, folderOf(loaders.loader.path))
    return runs.map((run) => chainOf(loaders, run))
  } catch (e) {
    if (e instanceof BootChainError || e instanceof MalformedError) return []
    throw e
  }
}

/** Whether it is known in which order it measures; else what may be measured is, by GRUB's configuration. */
export function isFollowed(chain: BootChain): boolean {
  return chain.kind === 'uki' || chain.run.isOrdered
}

type ShimChain = Extract<BootChain, { kind: 'shim' }>

type Loaders = Omit<ShimChain, 'run' | 'kernel'> & {
  readonly builtIn: GrubBuiltIn
}

/** As far as GRUB. */
function loadersOf(disk: RandomAccess): Loaders | Extract<BootChain, { kind: 'uki' }> {
  const bootDisk = openBootDisk(disk)
  const first = openLoader(bootDisk)
  if (sectionOf(first.image, '.linux') !== null)
    return { kind: 'uki', disk: bootDisk, loader: first }
  requireShim(first)
  const path = fallbackLoader(bootDisk)
  const loader = path === null ? first : openImage(bootDisk, path, 'FILE_NOT_FOUND')
  requireShim(loader)
  const grub = openImage(bootDisk, secondStagePath(loader.path), 'FILE_NOT_FOUND')
  const builtIn = grubBuiltIn(grub.image)
  if (builtIn === null) throw new BootChainError('UNPREDICTABLE', grub.path, 'not a GRUB')
  return { kind: 'shim', disk: bootDisk, loader, grub, builtIn }
}

function chainOf({ disk, loader, grub }: Loaders, run: GrubRun): ShimChain {
  const kernel = { ...run.kernel, image: decodePe(run.kernel.bytes) }
  return { kind: 'shim', disk, loader, grub, run, kernel }
}

/** @throws {BootChainError} UNPREDICTABLE */
function requireShim({ path, image }: BootImage): void {
  if (shimVendor(image) === null)
    throw new BootChainError('UNPREDICTABLE', path, 'neither shim nor a unified kernel')
}

/** The loader alone. @throws {BootChainError} NO_LOADER */
export function openLoader(disk: BootDisk): BootImage {
  return openImage(disk, DEFAULT_LOADER, 'NO_LOADER')
}

/** Where shim at this path looks for GRUB. */
export function secondStagePath(loader: string): string {
  return `${folderOf(loader)}/${secondStage}`
}

/** A PE file of the boot disk. @throws {BootChainError} `code` when it is not there. */
export function openImage(
  disk: BootDisk,
  path: string,
  code: 'NO_LOADER' | 'FILE_NOT_FOUND',
): BootImage {
  const file = disk.find(path)
  if (file === null) throw new BootChainError(code, path, 'not on the boot disk')
  return { ...file, image: decodePe(file.bytes) }
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
