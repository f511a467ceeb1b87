import { type BootChange, COMPONENT } from '@trusted-launch/attestation'

const IMAGES: readonly string[] = [
  COMPONENT.shim,
  COMPONENT.grub,
  COMPONENT.kernel,
  COMPONENT.unifiedKernelImage,
  COMPONENT.systemdBoot,
]
const IMAGE_PCR = 4
const FILE_PCR = 9
const SECTIONS_PCR = 11

/**
 * Whether all that differs are images whose own signature was verified when they ran: Secure Boot is on, and what PCR 7
 * measured (keys, revocations, SBAT level, the authorities that let images run) is as it was. Nothing that nobody signed
 * is one: no initrd, no configuration, no command line, no module. The file of a kernel, which GRUB measures too, is
 * taken with the kernel; the sections of a unified kernel image with it, but for its command line and its initrd.
 *
 * That it was verified does not say that it is new: see `isNotOlder`.
 */
export function areSignedImages({ differences, modules, variant, nearest }: BootChange): boolean {
  if (nearest === null || !variant.variables.secureBoot || modules.length > 0) return false
  const images = differences.filter(({ pcr }) => pcr === IMAGE_PCR)
  const changed = new Set(images.map(({ component }) => component))
  const isSigned = ({ component, pcr, change, signer }: BootChange['differences'][number]) => {
    if (change !== 'changed' || !IMAGES.includes(component)) return false
    if (pcr === IMAGE_PCR) return signer !== null
    if (pcr === FILE_PCR) return component === COMPONENT.kernel && changed.has(component)
    return pcr === SECTIONS_PCR && changed.has(COMPONENT.unifiedKernelImage)
  }
  return images.length > 0 && differences.every(isSigned)
}

/** What is known of an image by its digest: it is in a pristine image that this service foretold. */
export interface KnownImage {
  readonly component: string
  readonly path: string | null
  /** The image's name, and its version: `2026.11.28`. */
  readonly image: string
  readonly version: string
}

/**
 * Whether each changed image is known, and of no older version than the one that it takes the place of and the newest
 * that counts. A log holds no versions: what no image of this service has, nobody can say the age of.
 */
export function isNotOlder(
  { differences }: BootChange,
  known: ReadonlyMap<string, KnownImage>,
  newest: string | null,
): boolean {
  return differences.every(({ pcr, component, before, after }) => {
    if (pcr !== IMAGE_PCR) return true
    const now = known.get(after ?? '')
    if (now === undefined || now.component !== component) return false
    const floors = [newest, known.get(before ?? '')?.version ?? null]
    return floors.every((floor) => floor === null || compareVersions(now.version, floor) >= 0)
  })
}

/** Numbers between dots, each by its value. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const length = Math.max(one.length, other.length)
  for (let i = 0; i < length; i++) {
    const difference = (one[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
