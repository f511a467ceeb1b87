import {
  type Codec,
  decode,
  many,
  type Reader,
  struct,
  u32le,
  type Writer,
  within,
} from '@trusted-launch/codec'
import { EFI_GUID, GUIDS } from './guid.ts'

/** One certificate or digest with the GUID of who put it there (an unauthenticated note). */
export interface EFI_SIGNATURE_DATA {
  signatureOwner: string
  signatureData: Uint8Array
}

/** Entries of one type and one size. UEFI 2.10, 32.4.1. */
export interface EFI_SIGNATURE_LIST {
  signatureType: string
  /** Belongs to no entry; every type defined so far has none. Never read as an entry. */
  signatureHeader: Uint8Array
  signatures: EFI_SIGNATURE_DATA[]
}

/** The value of PK, KEK, db or dbx: lists one after the other. */
export type SignatureDatabase = EFI_SIGNATURE_LIST[]

const fixedHeaderBytes = 28
const ownerBytes = 16
const listsMax = 4096
const databaseBytesMax = 1 << 20

/** The exact size of an entry's data for the types that have one. UEFI 2.10, 32.4.1. */
const dataBytes: Readonly<Record<string, number>> = Object.freeze({
  [GUIDS.EFI_CERT_SHA1_GUID]: 20,
  [GUIDS.EFI_CERT_SHA256_GUID]: 32,
  [GUIDS.EFI_CERT_SHA384_GUID]: 48,
  [GUIDS.EFI_CERT_SHA512_GUID]: 64,
  [GUIDS.EFI_CERT_RSA2048_GUID]: 256,
  [GUIDS.EFI_CERT_X509_SHA256_GUID]: 48,
  [GUIDS.EFI_CERT_X509_SHA384_GUID]: 64,
  [GUIDS.EFI_CERT_X509_SHA512_GUID]: 80,
})

/**
 * EFI_SIGNATURE_LIST. The arithmetic is exact: the header and a whole number (at least one) of
 * entries fill the list; the header is skipped, never read as entries; an X.509 list has one entry,
 * and entries of a known type have that type's size. UEFI 2.10, 32.4.1.
 */
export const EFI_SIGNATURE_LIST: Codec<EFI_SIGNATURE_LIST> = {
  name: 'EFI_SIGNATURE_LIST',
  read(from) {
    const signatureType = within('signatureType', () => EFI_GUID.read(from))
    const listSize = within('signatureListSize', () => sizeOfList(from))
    const body = within('signatureListSize', () => from.slice(listSize - 16 - 4))
    const headerSize = within('signatureHeaderSize', () => u32le.read(body))
    const size = within('signatureSize', () => sizeOfEntry(body, signatureType))
    const signatureHeader = within('signatureHeader', () => body.take(headerSize))
    const signatures = within('signatures', () => readEntries(body, signatureType, size))
    return { signatureType, signatureHeader, signatures }
  },
  write(to, value) {
    const size = entrySize(value)
    const bytes = value.signatureHeader.length + size * value.signatures.length
    EFI_GUID.write(to, value.signatureType)
    u32le.write(to, fixedHeaderBytes + bytes)
    u32le.write(to, value.signatureHeader.length)
    u32le.write(to, size)
    to.put(value.signatureHeader)
    for (const entry of value.signatures) writeEntry(to, entry, size)
  },
}

/** SignatureDatabase: lists to the end of the bytes, at most 4,096. No list at all is empty. */
export const SignatureDatabase: Codec<SignatureDatabase> = {
  name: 'SignatureDatabase',
  read(from) {
    if (from.remaining > databaseBytesMax)
      throw from.malformed(`${from.remaining} bytes, more than ${databaseBytesMax}`)
    return many(EFI_SIGNATURE_LIST, { max: listsMax }).read(from)
  },
  write: many(EFI_SIGNATURE_LIST, { max: listsMax }).write,
}

/** @throws {MalformedError} as `SignatureDatabase` does. */
export function decodeSignatureDatabase(bytes: Uint8Array): SignatureDatabase {
  return decode(SignatureDatabase, bytes)
}

/** An entry with the type of its list: what a search through a database looks at. */
export interface SignatureEntry extends EFI_SIGNATURE_DATA {
  readonly signatureType: string
}

/** All entries in the order the firmware searches them. */
export function entriesOf(database: SignatureDatabase): SignatureEntry[] {
  return database.flatMap(({ signatureType, signatures }) =>
    signatures.map((entry) => ({ signatureType, ...entry })),
  )
}

/** A list of one X.509 certificate (DER). */
export function certificateList(owner: string, der: Uint8Array): EFI_SIGNATURE_LIST {
  return listOf(GUIDS.EFI_CERT_X509_GUID, owner, [der])
}

/** A list of SHA-256 digests. */
export function sha256List(owner: string, digests: readonly Uint8Array[]): EFI_SIGNATURE_LIST {
  return listOf(GUIDS.EFI_CERT_SHA256_GUID, owner, digests)
}

/** EFI_SIGNATURE_DATA alone, as authorities are measured: the owner, then data to the end. */
export const EFI_SIGNATURE_DATA: Codec<EFI_SIGNATURE_DATA> = struct('EFI_SIGNATURE_DATA', {
  signatureOwner: EFI_GUID,
  signatureData: {
    read: (from: Reader) => from.take(from.remaining),
    write: (to: Writer, value: Uint8Array) => to.put(value),
  },
})

function listOf(signatureType: string, owner: string, data: readonly Uint8Array[]) {
  const signatures = data.map((signatureData) => ({ signatureOwner: owner, signatureData }))
  return { signatureType, signatureHeader: new Uint8Array(0), signatures }
}

function sizeOfList(from: Reader): number {
  const size = u32le.read(from)
  if (size < fixedHeaderBytes) throw from.malformed(`${size}, less than the header's 28`)
  return size
}

function sizeOfEntry(from: Reader, type: string): number {
  const size = u32le.read(from)
  if (size <= ownerBytes) throw from.malformed(`${size}, no room for an owner and data`)
  const expected = dataBytes[type]
  if (expected !== undefined && size !== ownerBytes + expected)
    throw from.malformed(`${size} where the type needs ${ownerBytes + expected}`)
  return size
}

function readEntries(from: Reader, type: string, size: number): EFI_SIGNATURE_DATA[] {
  if (from.remaining === 0) throw from.malformed('a list of no entries')
  if (from.remaining % size !== 0)
    throw from.malformed(`${from.remaining} bytes are no whole number of ${size}-byte entries`)
  if (type === GUIDS.EFI_CERT_X509_GUID && from.remaining !== size)
    throw from.malformed('more than one certificate in a list')
  const entries: EFI_SIGNATURE_DATA[] = []
  while (from.remaining > 0)
    entries.push({
      signatureOwner: EFI_GUID.read(from),
      signatureData: from.take(size - ownerBytes),
    })
  return entries
}

function entrySize({ signatures }: EFI_SIGNATURE_LIST): number {
  const first = signatures[0]
  if (first === undefined) throw new RangeError('a list of no entries')
  return ownerBytes + first.signatureData.length
}

function writeEntry(to: Writer, entry: EFI_SIGNATURE_DATA, size: number): void {
  if (ownerBytes + entry.signatureData.length !== size)
    throw new RangeError('entries of different sizes in one list')
  EFI_GUID.write(to, entry.signatureOwner)
  to.put(entry.signatureData)
}
