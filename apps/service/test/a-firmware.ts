import { encode } from '@trusted-launch/codec'
import {
  databaseOf,
  type SecureBootTemplate,
  SignatureDatabase,
  type TemplateSignature,
} from '@trusted-launch/uefi'
import { keysFor } from '../src/catalogue/secure-boot-templates.ts'
import type { FirmwareKeys } from '../src/domain/host/firmware-keys.ts'

/** Keys as a variable store has them. */
export function firmwareKeysOf({
  KEK,
  db,
  dbx,
}: Pick<SecureBootTemplate, 'KEK' | 'db' | 'dbx'>): FirmwareKeys {
  const bytes = (list: readonly TemplateSignature[]) => encode(SignatureDatabase, databaseOf(list))
  return { KEK: bytes(KEK), db: bytes(db), dbx: bytes(dbx) }
}

const first = (list: readonly TemplateSignature[]) => [
  { ...list[0]!, value: list[0]!.value.slice(0, 1) },
]

/** Of Microsoft's authorities those of 2011 alone, and no revocations. */
export function keysOf2011(osType: 'Linux' | 'Windows' = 'Linux'): SecureBootTemplate {
  const { PK, KEK, db } = keysFor(osType)
  return { PK, KEK: first(KEK), db: first(db), dbx: [] }
}
