import { MalformedError } from '@trusted-launch/codec'
import { GUIDS } from './guid.ts'
import { decodeSignatureDatabase, type SignatureDatabase } from './signature-list.ts'
import { VARIABLES, type VariableName } from './variable.ts'
import type { VariableStore } from './variable-store.ts'

/** Why a store does not make the firmware refuse unsigned code. */
export type SecureBootOffReason =
  | 'setup-mode'
  | 'secure-boot-disabled'
  | 'custom-mode'
  | 'database-malformed'

/** What the firmware will do with this store at the next start. */
export type SecureBootState =
  | { readonly enforced: true }
  | { readonly enforced: false; readonly reason: SecureBootOffReason }

/**
 * Whether OVMF with this store enforces Secure Boot: a platform key (one X.509 certificate) is
 * enrolled, SecureBootEnable is not off (edk2 sets an absent one to on when PK is there),
 * CustomMode is not on, and PK, KEK, db and dbx can be read.
 *
 * It says what a firmware *that supports Secure Boot* does: a build without it ignores all of this.
 * @see edk2, SecurityPkg/Library/AuthVariableLib
 */
export function secureBootState(store: VariableStore): SecureBootState {
  if (store.get(VARIABLES.PK) === null) return { enforced: false, reason: 'setup-mode' }
  if (firstByte(store, VARIABLES.SecureBootEnable, 1) !== 1)
    return { enforced: false, reason: 'secure-boot-disabled' }
  if (firstByte(store, VARIABLES.CustomMode, 0) !== 0)
    return { enforced: false, reason: 'custom-mode' }
  if (!databasesReadable(store)) return { enforced: false, reason: 'database-malformed' }
  return { enforced: true }
}

/**
 * The lists of PK, KEK, db or dbx; none when the variable is absent.
 * @throws {MalformedError} the variable's value is no list of signatures.
 */
export function signatureDatabaseOf(
  store: VariableStore,
  variable: VariableName,
): SignatureDatabase {
  const found = store.get(variable)
  return found === null ? [] : decodeSignatureDatabase(found.data)
}

function firstByte(store: VariableStore, variable: VariableName, whenAbsent: number): number {
  const data = store.get(variable)?.data
  return data === undefined ? whenAbsent : (data[0] ?? whenAbsent)
}

function databasesReadable(store: VariableStore): boolean {
  try {
    for (const variable of [VARIABLES.KEK, VARIABLES.db, VARIABLES.dbx])
      signatureDatabaseOf(store, variable)
    const [list, ...more] = signatureDatabaseOf(store, VARIABLES.PK)
    return list?.signatureType === GUIDS.EFI_CERT_X509_GUID && more.length === 0
  } catch (e) {
    if (e instanceof MalformedError) return false
    throw e
  }
}
