export { bytes, list, many, rest, sized, sizedOf } from './bytes.ts'
export { checked, optional } from './checked.ts'
export { type Codec, decode, encode, type Of } from './codec.ts'
export { MalformedError, placed, within } from './errors.ts'
export {
  constant,
  nameOf,
  numbers,
  u8,
  u16be,
  u16le,
  u32be,
  u32le,
  u64be,
  u64le,
} from './numbers.ts'
export { Reader } from './reader.ts'
export { nothing, type Select, type StructOf, select, struct } from './struct.ts'
export {
  concat,
  equalBytes,
  fromHex,
  fromLatin1,
  fromUtf8,
  fromUtf16le,
  latin1,
  text,
  toHex,
  toLatin1,
  toUtf8,
  toUtf16le,
  utf8,
  utf16le,
  withoutNuls,
} from './text.ts'
export { Writer } from './writer.ts'
