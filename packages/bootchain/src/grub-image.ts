import { fromUtf8, MalformedError, Reader, toLatin1, within } from '@trusted-launch/codec'
import { type Fat, fromBytes, openFat } from '@trusted-launch/disk'
import { type PeImage, sectionOf } from '@trusted-launch/uefi'

const moduleMagic = 0x676d696d
const objectsMax = 1024
const nameBytesMax = 64
const sectionsMax = 64
/** grub_module_info64: magic, padding, u64 offset, u64 size. GRUB, include/grub/kernel.h. */
const OBJ_TYPE = { ELF: 0, MEMDISK: 1, CONFIG: 2, PREFIX: 3 }

/** What is built into a signed GRUB. */
export interface GrubBuiltIn {
  /** The folder it looks for its configuration in, e.g. `/EFI/debian`. */
  readonly prefix: string
  /** `grub.cfg` of its memory disk: run first, and not measured as a file. */
  readonly configuration: string
  /** Its modules: what `insmod` need not look for. */
  readonly modules: ReadonlySet<string>
  /** The fonts of its memory disk, by the name that `loadfont` is given. */
  readonly fonts: ReadonlySet<string>
  /** Whether `fwsetup --is-supported` only asks: an older GRUB goes to the firmware's setup. */
  readonly asksForSetup: boolean
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
    const volume = openFat(fromBytes(memdisk.bytes))
    const file = volume.readFile('grub.cfg', 1 << 20)
    if (file === null) throw new MalformedError('', 0, 'no grub.cfg in the memory disk')
    return {
      prefix: toLatin1(prefix.bytes).replace(/\0.*$/s, ''),
      configuration: fromUtf8(file),
      modules: new Set(
        objects.flatMap(({ type, bytes }) => (type === OBJ_TYPE.ELF ? moduleName(bytes) : [])),
      ),
      fonts: new Set(fontsOf(volume)),
      asksForSetup: toLatin1(section.rawData).includes('\0is-supported\0'),
    }
  })
}

/** `.modname` of an ELF object; what cannot be read has no name. ELF-64, "Section Header". */
function moduleName(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    const table = Number(view.getBigUint64(0x28, true))
    const [entryBytes, count, names] = [0x3a, 0x3c, 0x3e].map((at) => view.getUint16(at, true))
    const header = (i: number) => {
      const at = table + i * entryBytes!
      return { name: view.getUint32(at, true), start: Number(view.getBigUint64(at + 24, true)) }
    }
    const { start } = header(names!)
    for (let i = 0; i < Math.min(count!, sectionsMax); i++) {
      const section = header(i)
      if (textAt(bytes, start + section.name) === '.modname') return [textAt(bytes, section.start)]
    }
  } catch (e) {
    if (!(e instanceof RangeError)) throw e
  }
  return []
}

function textAt(bytes: Uint8Array, at: number): string {
  return toLatin1(bytes.subarray(at, at + nameBytesMax)).replace(/\0.*$/s, '')
}

function fontsOf(volume: Fat): string[] {
  if (volume.find('fonts')?.isDirectory !== true) return []
  return volume.list('fonts').flatMap(({ name }) => /^(.+)\.pf2$/.exec(name)?.[1] ?? [])
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
