import { microsoftAuthority } from '@trusted-launch/attestation'
import { digestHex } from '@trusted-launch/crypto'
import { SUCCESSORS } from '@trusted-launch/posture'
import {
  decodeSignatureDatabase,
  entriesOf,
  type MoreSignatures,
  missingSignatures,
  type TemplateSignature,
} from '@trusted-launch/uefi'
import { keysFor } from '../../catalogue/secure-boot-templates.ts'
import type { FirmwareKeys } from '../host/firmware-keys.ts'

/** What a VM's firmware has of Microsoft's, and what of the current certificates and revocations it lacks. */
export interface KeyUpdate {
  /** `KEK 2011`, `UEFI 2023`: as the claim `microsoft-authorities` calls them. */
  readonly has: readonly string[]
  readonly authorities: readonly string[]
  readonly revocations: number
  readonly more: MoreSignatures
}

const TEMPLATES = [keysFor('Linux'), keysFor('Windows')]

/**
 * Who trusts an authority of 2011 is to trust the one that follows it; who trusts any of Microsoft's is to have
 * Microsoft's revocations. Keys of others are theirs to change: where none is Microsoft's nothing is lacked.
 * @throws {MalformedError} a guest wrote what is no list of signatures.
 */
export function keyUpdateFor(held: FirmwareKeys): KeyUpdate {
  const databases = {
    KEK: decodeSignatureDatabase(held.KEK),
    db: decodeSignatureDatabase(held.db),
    dbx: decodeSignatureDatabase(held.dbx),
  }
  const has = [...databases.KEK, ...databases.db].flatMap((list) =>
    entriesOf([list]).flatMap(({ signatureData }) => nameOf(signatureData) ?? []),
  )
  const authorities = SUCCESSORS.flatMap(([old, next]) =>
    has.includes(old) && !has.includes(next) ? [next] : [],
  )
  const wanted = (list: 'KEK' | 'db') =>
    only(
      TEMPLATES.flatMap((one) => one[list]),
      authorities,
    )
  const dbx = has.length === 0 ? [] : TEMPLATES.flatMap((one) => one.dbx)
  const more = missingSignatures(databases, { KEK: wanted('KEK'), db: wanted('db'), dbx })
  const revocations = more.dbx.reduce((sum, { value }) => sum + value.length, 0)
  return { has, authorities, revocations, more }
}

/** Whether nothing is lacked. */
export function isCurrent({ more: { KEK, db, dbx } }: KeyUpdate): boolean {
  return KEK.length + db.length + dbx.length === 0
}

const nameOf = (der: Uint8Array) => microsoftAuthority(digestHex('sha256', der))

function only(
  signatures: readonly TemplateSignature[],
  names: readonly string[],
): TemplateSignature[] {
  return signatures.flatMap((one) => {
    const value = one.value.filter((der) => names.includes(nameOf(der) ?? ''))
    return value.length === 0 ? [] : [{ ...one, value }]
  })
}
