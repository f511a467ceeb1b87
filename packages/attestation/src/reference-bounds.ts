import { cutText } from '@trusted-launch/crypto'
import { sameVariable, VARIABLES } from '@trusted-launch/uefi'
import { array, hex, integer, nullable, object, record, type Shape, string } from './json-shape.ts'
import { databaseFrom, type KnownEntry } from './known-database.ts'

/** An entry of a signature database, whoever put it there. */
export interface ReferenceSignature {
  /** The GUID of its list's type. */
  readonly type: string
  /** SHA-256 of the entry without its owner. */
  readonly sha256: string
  /** For people: the certificate's subject; null: no certificate. */
  readonly name: string | null
}

/**
 * What the Secure Boot variables may hold and what they must: sets, where the order of entries and who
 * put them there says nothing. A vendor's newer dbx is then taken, a key more in db is not.
 */
export interface ReferenceBounds {
  /** Every entry of PK must be one of these. Of KEK and db too. */
  readonly PK: readonly ReferenceSignature[]
  readonly KEK: readonly ReferenceSignature[]
  readonly db: readonly ReferenceSignature[]
  /** Each of these must be an entry of dbx. */
  readonly dbx: readonly ReferenceSignature[]
  /** By component the least generation that the measured SBAT level must have; null: the level is compared exactly. */
  readonly sbat: Readonly<Record<string, number>> | null
  /** The least security version of Windows' boot manager that Windows must report; null: not asked for. */
  readonly bootManagerSvn: number | null
}

/** The variables that bounds speak of. */
export const BOUND_VARIABLES = ['PK', 'KEK', 'db', 'dbx'] as const
export type BoundVariable = (typeof BOUND_VARIABLES)[number]

const entriesMax = 8192
const signatures: Shape<readonly ReferenceSignature[]> = array(
  object({
    type: string({ max: 36, pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ }),
    sha256: hex({ min: 32, max: 32 }),
    name: nullable(string({ max: 1024 })),
  }),
  { max: entriesMax },
)
const number = integer({ min: 0, max: 2 ** 32 - 1 })

export const boundsShape: Shape<ReferenceBounds> = object({
  PK: signatures,
  KEK: signatures,
  db: signatures,
  dbx: signatures,
  sbat: nullable(record(/^[\x21-\x7e]{1,64}$/, number, { max: 256 })),
  bootManagerSvn: nullable(number),
})

/** The entries of a variable's value; null: it cannot be read. */
export function signaturesOf(value: Uint8Array): ReferenceSignature[] | null {
  return databaseFrom(value).entries?.map(signatureOf) ?? null
}

function signatureOf({ signatureType, sha256, certificate }: KnownEntry): ReferenceSignature {
  return {
    type: signatureType,
    sha256,
    name: certificate === null ? null : cutText(certificate.subject, 1024),
  }
}

/** What of these is not among those. */
export function without(
  these: readonly ReferenceSignature[],
  those: readonly ReferenceSignature[],
): ReferenceSignature[] {
  const known = new Set(those.map(({ type, sha256 }) => `${type} ${sha256}`))
  return these.filter(({ type, sha256 }) => !known.has(`${type} ${sha256}`))
}

/** Which variable of `BOUND_VARIABLES` has this name and GUID; null: none. */
export function boundVariable(name: { name: string; guid: string }): BoundVariable | null {
  return BOUND_VARIABLES.find((one) => sameVariable(name, VARIABLES[one])) ?? null
}

/**
 * Bounds that take what is there now and what a vendor adds to dbx later.
 * @param dataOf a variable's value; null where nothing vouches for one.
 * @returns null where a variable cannot be read: then it is held to exactly what it was.
 */
export function boundsFrom(
  dataOf: (variable: BoundVariable) => Uint8Array | null,
  sbat: Readonly<Record<string, number>> | null,
  bootManagerSvn: number | null,
): ReferenceBounds | null {
  const [PK, KEK, db, dbx] = BOUND_VARIABLES.map((name) => {
    const value = dataOf(name)
    return value === null ? null : signaturesOf(value)
  })
  if (!PK || !KEK || !db || !dbx) return null
  return { PK, KEK, db, dbx, sbat, bootManagerSvn }
}
