import { fromUtf8, MalformedError, Reader, toLatin1, within } from '@trusted-launch/codec'
import { fromBytes, openFat } from '@trusted-launch/disk'
import { type PeImage, sectionOf } from '@trusted-launch/uefi'

const moduleMagic = 0x676d696d
const objectsMax = 1024
/** grub_module_info64: magic, padding, u64 offset, u64 size. GRUB, include/grub/kernel.h. */
const OBJ_TYPE = { ELF: 0, MEMDISK: 1, CONFIG: 2, PREFIX: 3 }

/** What is built into a signed GRUB. */
export interface GrubBuiltIn {
  /** The folder it looks for its configuration in, e.g. `/EFI/debian`. */
  readonly prefix: string
  /** `grub.cfg` of its memory disk: run first, and not measured as a file. */
  readonly configuration: string
}

/**
 * The prefix and configuration in the `mods` section of a GRUB image; null when it is no GRUB.
 * @throws {MalformedError} the section's objects do not fit, or the memory disk cannot be read.
 */
export function grubBuiltIn(image: PeImage): GrubBuiltIn | null {
  const section = sectionOf(image, 'mods')
  if (section === null) return null
  return within('mods', () => {
    const objects = readObjects(section.rawData)
    const memdisk = objects.find(({ type }) => type === OBJ_TYPE.MEMDISK)
    const prefix = objects.find(({ type }) => type === OBJ_TYPE.PREFIX)
    if (memdisk === undefined || prefix === undefined)
      throw new MalformedError('', 0, 'no memory disk, or no prefix')
    // The object is padded to its alignment; the volume says itself how long it is.
    const file = openFat(fromBytes(memdisk.bytes)).readFile('grub.cfg', 1 << 20)
    if (file === null) throw new MalformedError('', 0, 'no grub.cfg in the memory disk')
    return {
      prefix: toLatin1(prefix.bytes).replace(/\0.*$/s, ''),
      configuration: fromUtf8(file),
    }
  })
}

function readObjects(section: Uint8Array): { type: number; bytes: Uint8Array }[] {
  const from = new Reader(section)
  const head = new Reader(from.take(24))
  if (head.view.getUint32(0, true) !== moduleMagic) throw from.malformed('not GRUB’s modules')
  const start = Number(head.view.getBigUint64(8, true))
  const end = Number(head.view.getBigUint64(16, true))
  if (start < 24 || end > section.length || start > end) throw from.malformed(`${start}-${end}`)
  const body = new Reader(section.subarray(start, end), start)
  const objects: { type: number; bytes: Uint8Array }[] = []
  while (body.remaining > 0) {
    if (objects.length >= objectsMax) throw body.malformed(`more than ${objectsMax} objects`)
    const at = body.skip(8)
    const size = body.view.getUint32(at + 4, true)
    if (size < 8) throw body.malformed(`an object of ${size} bytes`)
    objects.push({ type: body.view.getUint32(at, true), bytes: body.take(size - 8) })
  }
  return objects
}
