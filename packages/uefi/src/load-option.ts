import {
  type Codec,
  fromUtf16le,
  MalformedError,
  toUtf16le,
  u16le,
  u32le,
  within,
} from '@trusted-launch/codec'

const descriptionCharsMax = 1024
const filePathListBytesMax = 16 << 10
const optionalDataBytesMax = 64 << 10

/** A boot option: the value of a `Boot####` variable. UEFI 2.10, 3.1.3. */
export interface EFI_LOAD_OPTION {
  attributes: number
  /** For people: never match on it. */
  description: string
  /** Device paths, as they came: see `DevicePath`. */
  filePathList: Uint8Array
  optionalData: Uint8Array
}

/** EFI_LOAD_OPTION, whole. UEFI 2.10, 3.1.3. */
export const EFI_LOAD_OPTION: Codec<EFI_LOAD_OPTION> = {
  name: 'EFI_LOAD_OPTION',
  read(from) {
    const attributes = within('attributes', () => u32le.read(from))
    const size = within('filePathListLength', () => u16le.read(from))
    if (size > filePathListBytesMax)
      throw new MalformedError('filePathListLength', from.position, `${size} bytes`)
    const start = from.offset
    const description = within('description', () => {
      for (let chars = 0; chars <= descriptionCharsMax; chars++)
        if (u16le.read(from) === 0)
          return fromUtf16le(from.bytes.subarray(start, start + 2 * chars))
      throw from.malformed(`more than ${descriptionCharsMax} characters`)
    })
    const filePathList = within('filePathList', () => from.take(size))
    if (from.remaining > optionalDataBytesMax) throw from.malformed('too much optional data')
    return { attributes, description, filePathList, optionalData: from.take(from.remaining) }
  },
  write(to, { attributes, description, filePathList, optionalData }) {
    if (filePathList.length > filePathListBytesMax) throw new RangeError('a path too long')
    u32le.write(to, attributes)
    u16le.write(to, filePathList.length)
    to.put(toUtf16le(`${description}\0`))
    to.put(filePathList)
    to.put(optionalData)
  },
}
