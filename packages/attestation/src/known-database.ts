import { MalformedError } from '@trusted-launch/codec'
import { type Certificate, CryptoError, digestHex } from '@trusted-launch/crypto'
import {
  decodeSignatureDatabase,
  entriesOf,
  GUIDS,
  type SignatureEntry,
} from '@trusted-launch/uefi'
import { certificateFrom, memoOf } from './known.ts'

/** Longer values are read anew each time; a vendor's dbx has 24 kB. */
const knownBytesMax = 32 * 1024
const databases = memoOf<KnownDatabase>('vendors', 32)

/** The value of PK, KEK, db or dbx, and what follows from its bytes alone. */
export class KnownDatabase {
  /** Of the whole value, hexadecimal. */
  readonly sha256: string
  /** In the order the firmware searches them; null where they cannot be read. */
  readonly entries: readonly KnownEntry[] | null
  #byHash: ReadonlyMap<string, KnownEntry> | null = null
  #byShortHash: ReadonlyMap<string, KnownEntry> | null = null

  constructor(sha256: string, value: Uint8Array) {
    this.sha256 = sha256
    this.entries = read(value)
  }

  /** The first entry whose data has this SHA-256 (hexadecimal); null: none. */
  entryOf(sha256: string): KnownEntry | null {
    this.#byHash ??= this.#by((entry) => entry.sha256)
    return this.#byHash.get(sha256) ?? null
  }

  /** The first entry whose data but for its last byte has it. */
  shortEntryOf(sha256: string): KnownEntry | null {
    const shortHash = ({ signatureData }: KnownEntry) =>
      digestHex('sha256', signatureData.subarray(0, -1))
    this.#byShortHash ??= this.#by(shortHash)
    return this.#byShortHash.get(sha256) ?? null
  }

  #by(hashOf: (entry: KnownEntry) => string): ReadonlyMap<string, KnownEntry> {
    return new Map(this.entries?.map((entry) => [hashOf(entry), entry] as const).reverse())
  }
}

/** An entry, and what follows from its bytes. */
export class KnownEntry implements SignatureEntry {
  readonly signatureType: string
  readonly signatureOwner: string
  readonly signatureData: Uint8Array
  #sha256: string | null = null
  #certificate: Certificate | null | undefined

  constructor({ signatureType, signatureOwner, signatureData }: SignatureEntry) {
    this.signatureType = signatureType
    this.signatureOwner = signatureOwner
    this.signatureData = signatureData
  }

  /** Of its data, hexadecimal. */
  get sha256(): string {
    this.#sha256 ??= digestHex('sha256', this.signatureData)
    return this.#sha256
  }

  get isCertificate(): boolean {
    return this.signatureType === GUIDS.EFI_CERT_X509_GUID
  }

  /** Null when it is none, or cannot be read. */
  get certificate(): Certificate | null {
    if (this.#certificate === undefined)
      this.#certificate = this.isCertificate ? certificateOf(this.signatureData) : null
    return this.#certificate
  }
}

/** The value of a signature database by its bytes, read once: the vendors' are in the logs of all their machines. */
export function databaseFrom(value: Uint8Array): KnownDatabase {
  const sha256 = digestHex('sha256', value)
  if (value.length > knownBytesMax) return new KnownDatabase(sha256, value)
  const known = databases.find(sha256)
  if (known !== undefined) return known
  const made = new KnownDatabase(sha256, value.slice())
  databases.keep(sha256, made)
  return made
}

/** A certificate; null when it cannot be read. */
export function certificateOf(der: Uint8Array): Certificate | null {
  try {
    return certificateFrom(der, 'vendor')
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return null
    throw e
  }
}

function read(value: Uint8Array): readonly KnownEntry[] | null {
  try {
    return entriesOf(decodeSignatureDatabase(value)).map((entry) => new KnownEntry(entry))
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}
