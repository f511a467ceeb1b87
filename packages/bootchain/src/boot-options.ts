import { decode, fromUtf16le, MalformedError, Reader, u16le } from '@trusted-launch/codec'
import {
  bootOptionName,
  DEVICE_PATH_TYPE,
  DevicePath,
  EFI_LOAD_OPTION,
  VARIABLES,
  type VariableName,
  type VariableStore,
} from '@trusted-launch/uefi'

/** Where firmware looks on a disk it has no boot option for. UEFI 2.10, 3.5.1.1. */
export const DEFAULT_LOADER = 'EFI/BOOT/BOOTX64.EFI'

const optionActive = 1
const optionsMax = 256
const filePath = 4
const firmwareFile = 6

/**
 * The loaders that the firmware tries on a VM's one disk, in its order: what BootNext and BootOrder name, then
 * the default path. An option of the firmware's own (its setup, its shell) loads nothing from the disk.
 * A path may be one that is not there. UEFI 2.10, 3.1.
 * @throws {MalformedError} an option that cannot be read: what is tried first can't be told.
 */
export function loaderPaths(store: VariableStore): readonly string[] {
  const numbers = [VARIABLES.BootNext, VARIABLES.BootOrder].flatMap((name) =>
    numbersOf(store, name),
  )
  const named = numbers.flatMap((number) => {
    const option = store.get(bootOptionName(number))
    return option === null ? [] : pathOf(decode(EFI_LOAD_OPTION, option.data))
  })
  return [...new Set([...named, DEFAULT_LOADER])]
}

function numbersOf(store: VariableStore, name: VariableName): number[] {
  const data = store.get(name)?.data ?? new Uint8Array()
  if (data.length % 2 !== 0 || data.length > 2 * optionsMax)
    throw new MalformedError(name.name, 0, `${data.length} bytes`)
  const reader = new Reader(data)
  return Array.from({ length: data.length / 2 }, () => u16le.read(reader))
}

/** An option without a file is for a device: there the firmware looks at the default path. */
function pathOf({ attributes, filePathList }: EFI_LOAD_OPTION): string[] {
  if ((attributes & optionActive) === 0) return []
  const nodes = DevicePath.read(new Reader(filePathList))
  const media = nodes.filter(({ type }) => type === DEVICE_PATH_TYPE.MEDIA)
  if (media.some(({ subType }) => subType === firmwareFile)) return []
  const names = media.filter(({ subType }) => subType === filePath)
  if (names.length === 0) return [DEFAULT_LOADER]
  const path = names.map(({ data }) => fromUtf16le(data).replace(/\0.*$/s, '')).join('/')
  return [path.replaceAll('\\', '/').replace(/^\/+/, '').replace(/\/+/g, '/')]
}
