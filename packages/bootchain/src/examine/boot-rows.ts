import type { Fat } from '@trusted-launch/disk'
import {
  decodePe,
  IMAGE_FILE_MACHINE,
  type ImagePolicy,
  type ImageVerdict,
  type PeImage,
  sectionOf,
  shimVendor,
  vendorDatabase,
  verifyImage,
} from '@trusted-launch/uefi'
import { DEFAULT_LOADER } from '../boot-options.ts'
import { isFollowed } from '../walk.ts'
import {
  cannotTell,
  doesNot,
  type ExaminedRow,
  type Followed,
  rowOr,
  works,
} from './examination.ts'
import type { ExaminedDisk } from './examined-disk.ts'
import { kernelsOf } from './system-files.ts'

const armLoader = 'EFI/BOOT/BOOTAA64.EFI'
const windowsLoader = 'EFI/Microsoft/Boot/bootmgfw.efi'
const loaderBytesMax = 64 << 20
const foldersMax = 64

const LOADER = 'boot loader'
const NEXT = 'next stage'
const KERNEL = 'kernel'
const REFERENCES = 'reference values'

/** The loader as far as the rows after it need it. */
interface Loader {
  readonly row: ExaminedRow
  readonly image: PeImage | null
}

/** What boots, held against the firmware's keys: loader, next stage, kernel, and whether it can be foretold. */
export function bootRows(
  followed: Followed,
  examined: ExaminedDisk,
  policy: ImagePolicy,
): { rows: ExaminedRow[]; isArm: boolean; isWindows: boolean } {
  const { esp } = examined
  const isWindows = esp !== null && exists(esp, windowsLoader)
  const isArm = esp !== null && !exists(esp, DEFAULT_LOADER) && exists(esp, armLoader)
  const loader = loaderOf(esp, policy, isArm)
  const wide = widened(policy, loader.image)
  return {
    rows: [
      loader.row,
      rowOr(cannotTell, NEXT, () => nextRow(esp, loader.image, wide, isWindows)),
      rowOr(cannotTell, KERNEL, () => kernelRow(examined, loader.image, wide, isWindows)),
      referencesRow(followed, esp),
    ],
    isArm,
    isWindows,
  }
}

function loaderOf(esp: Fat | null, policy: ImagePolicy, isArm: boolean): Loader {
  let image: PeImage | null = null
  const row = rowOr(
    (what, reason) => doesNot(what, `it cannot be read: ${reason}`),
    LOADER,
    () => {
      if (esp === null) return doesNot(LOADER, 'there is no EFI system partition to start from')
      if (isArm)
        return doesNot(LOADER, `only ${armLoader}: an image for Arm64`, 'this host runs x64')
      const bytes = esp.readFile(DEFAULT_LOADER, loaderBytesMax)
      if (bytes === null)
        return doesNot(
          LOADER,
          `there is no ${DEFAULT_LOADER}, where firmware looks on a new machine`,
          'install it there: grub-install --removable, or bootctl install',
        )
      const read = decodePe(bytes)
      if (read.machine !== IMAGE_FILE_MACHINE.AMD64)
        return doesNot(LOADER, `${DEFAULT_LOADER} is not for x64`)
      image = read
      return rowOfVerdict(LOADER, DEFAULT_LOADER, verifyImage(read, policy))
    },
  )
  return { row, image }
}

/** The firmware's keys, and those that a shim brings. */
function widened(policy: ImagePolicy, loader: PeImage | null): ImagePolicy {
  const vendor = loader === null ? null : shimVendor(loader)
  return vendor === null ? policy : { ...policy, db: [...policy.db, ...vendorDatabase(vendor)] }
}

function nextRow(
  esp: Fat | null,
  loader: PeImage | null,
  policy: ImagePolicy,
  isWindows: boolean,
): ExaminedRow {
  if (esp === null || loader === null) return cannotTell(NEXT, 'there is no loader to follow')
  if (sectionOf(loader, '.linux') !== null)
    return works(NEXT, 'the loader is a unified kernel image: there is none')
  if (isWindows) return cannotTell(NEXT, 'the Windows boot manager chooses it')
  if (shimVendor(loader) === null)
    return cannotTell(NEXT, 'the loader is neither shim nor a unified kernel image')
  const path = ['EFI/BOOT', ...foldersOf(esp)]
    .map((folder) => `${folder}/grubx64.efi`)
    .find((each) => exists(esp, each))
  if (path === undefined)
    return doesNot(NEXT, 'shim finds no grubx64.efi', 'install it beside shim: grub-install')
  const image = decodePe(esp.readFile(path, loaderBytesMax)!)
  return rowOfVerdict(NEXT, path, verifyImage(image, policy))
}

/** The vendors' folders: shim's fallback finds GRUB there. */
function foldersOf(esp: Fat): string[] {
  if (!exists(esp, 'EFI')) return []
  return esp
    .list('EFI')
    .filter(({ isDirectory }) => isDirectory)
    .slice(0, foldersMax)
    .map(({ name }) => `EFI/${name}`)
}

function kernelRow(
  examined: ExaminedDisk,
  loader: PeImage | null,
  policy: ImagePolicy,
  isWindows: boolean,
): ExaminedRow {
  if (loader !== null && sectionOf(loader, '.linux') !== null)
    return works(KERNEL, 'it is in the loader, under the loader’s signature')
  if (isWindows) return cannotTell(KERNEL, 'Windows judges its own')
  const kernels = kernelsOf(examined)
  if (kernels.length === 0) return cannotTell(KERNEL, notFound(examined))
  const rows = kernels.map(({ path, bytes }) =>
    rowOr(
      (what, reason) => doesNot(what, `${path}: ${reason}`),
      KERNEL,
      () => rowOfVerdict(KERNEL, path, verifyImage(decodePe(bytes), policy)),
    ),
  )
  return rows.find(({ state }) => state === 'does not') ?? rows[0]!
}

function notFound({ unread }: ExaminedDisk): string {
  const holds = unread.length === 0 ? '' : `; not read: ${unread.join(', ')}`
  return `none was found where it can be read${holds}`
}

const advice: Readonly<Record<string, string>> = {
  unsigned:
    'install the vendor’s signed one (shim-signed, grub-efi-amd64-signed, a signed kernel), or boot with Secure Boot off',
  'unknown-signer':
    'its signer is not in these keys: give the firmware keys that have it, or boot with Secure Boot off',
  'digest-mismatch': 'it was changed after it was signed: take it from its vendor again',
  'forbidden-digest': 'it was revoked: update the image',
  'forbidden-certificate': 'its signer was revoked: update the image',
}

function rowOfVerdict(
  what: typeof LOADER | typeof NEXT | typeof KERNEL,
  path: string,
  verdict: ImageVerdict,
): ExaminedRow {
  if (!verdict.allowed)
    return doesNot(what, `Secure Boot refuses ${path}: ${verdict.detail}`, advice[verdict.reason])
  const by = verdict.chain.at(-1)?.subject
  return works(what, `${path} is allowed by ${by === undefined ? 'its digest' : nameIn(by)}`)
}

function nameIn(subject: string): string {
  return /CN=([^\n,]+)/.exec(subject)?.[1] ?? subject
}

/** What `predict` follows can be foretold. */
function referencesRow({ chain, fault }: Followed, esp: Fat | null): ExaminedRow {
  if (esp === null) return cannotTell(REFERENCES, 'nothing starts from it')
  if (chain === null)
    return doesNot(
      REFERENCES,
      `its boot cannot be foretold: ${fault}`,
      'its VMs are judged by the checks alone, until you approve values of a boot: tl reference-values from-log',
    )
  if (!isFollowed(chain))
    return works(
      REFERENCES,
      'its boot can be foretold (shim, GRUB, kernel), but for the order in which GRUB does what its configuration says',
    )
  const what = chain.kind === 'uki' ? 'a unified kernel image' : 'shim, GRUB, kernel'
  return works(REFERENCES, `its boot can be foretold (${what})`)
}

function exists(esp: Fat, path: string): boolean {
  return esp.find(path) !== null
}
