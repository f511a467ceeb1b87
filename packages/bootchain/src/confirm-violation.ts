import { MalformedError } from '@trusted-launch/codec'
import type { RandomAccess } from '@trusted-launch/disk'
import {
  decodePe,
  decodeSignatureDatabase,
  decodeVariableStore,
  type ImagePolicy,
  type ImageRefusal,
  parseSbat,
  revokedBySbat,
  type SignatureDatabase,
  sbatLevelBytes,
  sbatOf,
  shimSbatLevel,
  shimVendor,
  signatureDatabaseOf,
  VARIABLES,
  type VariableName,
  type VariableStore,
  vendorDatabase,
  verifyImage,
} from '@trusted-launch/uefi'
import { type BootDisk, type BootFile, openBootDisk } from './boot-disk.ts'
import { DEFAULT_LOADER, loaderPaths } from './boot-options.ts'
import { BootChainError } from './errors.ts'
import { runGrub } from './grub.ts'
import { grubBuiltIn } from './grub-image.ts'
import { folderOf, secondStagePath } from './walk.ts'

/** A file that Secure Boot refuses. */
export interface Violation {
  readonly component: 'loader' | 'GRUB' | 'kernel'
  readonly path: string
  readonly reason: ImageRefusal | 'not-an-image' | 'revoked-by-sbat'
  readonly detail: string
}

/**
 * The first file on a *stopped* VM's disk that its own variables refuse, of those its firmware would run: each
 * boot option's loader by db and dbx; GRUB and the kernel as shim judges them, by db, dbx, the vendor's and the
 * machine owner's lists, and SBAT. Null: an option's files are all allowed, so the firmware gets past those
 * before it; or what decides cannot be read (then nothing is confirmed).
 *
 * A file that is not there is no violation. It does not prove that a boot was refused: only that it would be.
 */
export function confirmViolation(given: StoppedMachine): Violation | null {
  return judgeDisk(given)?.[0] ?? null
}

/**
 * Whether this is the component that the VM's variables refuse: what a host asks before it believes a
 * console. Null: what decides cannot be read, so it can't be told.
 */
export function isRefused(
  given: StoppedMachine & { readonly component: Violation['component'] },
): boolean | null {
  const found = judgeDisk(given)
  return found === undefined ? null : found.some(({ component }) => component === given.component)
}

/** A VM that does not run. */
export interface StoppedMachine {
  readonly disk: RandomAccess
  /** The VM's variable store file, as it stands. */
  readonly variables: Uint8Array
}

/** What stops each boot option, in their order; none where one of them boots. Undefined: it cannot be told. */
function judgeDisk(given: StoppedMachine): readonly Violation[] | undefined {
  try {
    const disk = openBootDisk(given.disk)
    const store = decodeVariableStore(given.variables)
    const found: Violation[] = []
    for (const path of loaderPaths(store)) {
      const loader = disk.find(path)
      if (loader === null) continue
      if (hasFallback(disk, path)) return undefined
      const violation = findViolation(disk, store, loader)
      if (violation === null) return []
      found.push(violation)
    }
    return found
  } catch (e) {
    if (e instanceof MalformedError || e instanceof BootChainError) return undefined
    throw e
  }
}

/** Shim at the default path runs it where there is one, which makes boot options: not followed here. */
function hasFallback(disk: BootDisk, path: string): boolean {
  const isDefault = path.toUpperCase() === DEFAULT_LOADER
  return isDefault && disk.find(`${folderOf(path)}/fbx64.efi`) !== null
}

function findViolation(disk: BootDisk, store: VariableStore, loader: BootFile): Violation | null {
  const policy = {
    db: signatureDatabaseOf(store, VARIABLES.db),
    dbx: signatureDatabaseOf(store, VARIABLES.dbx),
  }
  const refused = judge('loader', loader, policy, null)
  if (refused !== null) return refused
  const shim = decodePe(loader.bytes)
  const vendor = shimVendor(shim)
  const grub = disk.find(secondStagePath(loader.path))
  if (vendor === null || grub === null) return null
  const wide: ImagePolicy = {
    db: [...policy.db, ...vendorDatabase(vendor), ...listsOf(store, VARIABLES.MokList)],
    dbx: [
      ...policy.dbx,
      ...deauthorized(vendor.deauthorized),
      ...listsOf(store, VARIABLES.MokListX),
    ],
  }
  const level = sbatLevel(store, shimSbatLevel(shim)?.previous ?? null)
  return judge('GRUB', grub, wide, level) ?? judgeKernel(disk, folderOf(loader.path), grub, wide)
}

/** The kernel that GRUB's configuration names now: a changed configuration may name another. */
function judgeKernel(
  disk: BootDisk,
  folder: string,
  grub: BootFile,
  policy: ImagePolicy,
): Violation | null {
  const builtIn = grubBuiltIn(decodePe(grub.bytes))
  if (builtIn === null) return null
  return judge('kernel', runGrub(builtIn, disk, folder).kernel, policy, null)
}

function judge(
  component: Violation['component'],
  { path, bytes }: BootFile,
  policy: ImagePolicy,
  level: Uint8Array | null,
): Violation | null {
  const image = imageOf(bytes)
  if (image === null) return { component, path, reason: 'not-an-image', detail: 'no PE file' }
  const verdict = verifyImage(image, policy)
  if (!verdict.allowed) return { component, path, reason: verdict.reason, detail: verdict.detail }
  if (level === null) return null
  const [revoked] = revokedBySbat(sbatOf(image) ?? [], parseSbat(level))
  if (revoked === undefined) return null
  const detail = `${revoked.component} ${revoked.generation}, ${revoked.minimum} wanted`
  return { component, path, reason: 'revoked-by-sbat', detail }
}

function imageOf(bytes: Uint8Array) {
  try {
    return decodePe(bytes)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function sbatLevel(store: VariableStore, builtIn: string | null): Uint8Array | null {
  const kept = store.get(VARIABLES.SbatLevel)?.data
  return kept ?? (builtIn === null ? null : sbatLevelBytes(builtIn))
}

function listsOf(store: VariableStore, variable: VariableName): SignatureDatabase {
  return signatureDatabaseOf(store, variable)
}

function deauthorized(bytes: Uint8Array): SignatureDatabase {
  return bytes.length === 0 ? [] : decodeSignatureDatabase(bytes)
}
