import type { RandomAccess } from '@trusted-launch/disk'
import { decodePe, type PeImage, sectionOf, shimVendor } from '@trusted-launch/uefi'
import { type BootDisk, type BootFile, openBootDisk } from './boot-disk.ts'
import { DEFAULT_LOADER } from './boot-options.ts'
import { BootChainError } from './errors.ts'
import { type GrubRun, runGrub } from './grub.ts'
import { grubBuiltIn } from './grub-image.ts'

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
 * unified kernel image. Boot options of a store are not followed: this is for the first boot.
 * @throws {BootChainError} NO_LOADER and others. @throws {MalformedError} a file that cannot be read.
 */
export function walk(disk: RandomAccess): BootChain {
  const bootDisk = openBootDisk(disk)
  const loader = openLoader(bootDisk)
  if (sectionOf(loader.image, '.linux') !== null) return { kind: 'uki', disk: bootDisk, loader }
  if (shimVendor(loader.image) === null)
    throw new BootChainError('UNPREDICTABLE', DEFAULT_LOADER, 'neither shim nor a unified kernel')
  const grub = openImage(bootDisk, secondStagePath(DEFAULT_LOADER), 'FILE_NOT_FOUND')
  const builtIn = grubBuiltIn(grub.image)
  if (builtIn === null) throw new BootChainError('UNPREDICTABLE', grub.path, 'not a GRUB')
  const run = runGrub(builtIn, bootDisk, folderOf(DEFAULT_LOADER))
  const kernel = { ...run.kernel, image: decodePe(run.kernel.bytes) }
  return { kind: 'shim', disk: bootDisk, loader, grub, run, kernel }
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
