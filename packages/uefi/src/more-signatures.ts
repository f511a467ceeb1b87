import { concat, encode, toHex } from '@trusted-launch/codec'
import { UefiError } from './errors.ts'
import { signatureDatabaseOf } from './secure-boot-state.ts'
import {
  appendSignatures,
  authenticatedVariable,
  databaseOf,
  mergeSignatures,
  type SecureBootTemplate,
  SIGNATURE_DATABASE_BYTES_MAX,
  type TemplateSignature,
} from './secure-boot-template.ts'
import { entriesOf, SignatureDatabase } from './signature-list.ts'
import { VARIABLES } from './variable.ts'
import type { VariableStore } from './variable-store.ts'

/** What is to stand in KEK, db and dbx, too. */
export type MoreSignatures = Pick<SecureBootTemplate, 'KEK' | 'db' | 'dbx'>

const LISTS = ['KEK', 'db', 'dbx'] as const

/** Those of `more` that these values have not: whoever owns an entry, what it says is the same. */
export function missingSignatures(
  held: Readonly<Record<(typeof LISTS)[number], SignatureDatabase>>,
  more: MoreSignatures,
): MoreSignatures {
  const missing = (list: (typeof LISTS)[number]): TemplateSignature[] => {
    const there = new Set(entriesOf(held[list]).map(({ signatureData }) => toHex(signatureData)))
    return mergeSignatures(more[list]).flatMap((one) => {
      const value = one.value.filter((bytes) => !there.has(toHex(bytes)))
      return value.length === 0 ? [] : [{ ...one, value }]
    })
  }
  return { KEK: missing('KEK'), db: missing('db'), dbx: missing('dbx') }
}

/** KEK, db and dbx of a store. @throws {MalformedError} one is no list of signatures. */
export function signaturesIn(
  store: VariableStore,
): Record<(typeof LISTS)[number], SignatureDatabase> {
  const [KEK, db, dbx] = LISTS.map((list) => signatureDatabaseOf(store, VARIABLES[list])) as [
    SignatureDatabase,
    SignatureDatabase,
    SignatureDatabase,
  ]
  return { KEK, db, dbx }
}

/**
 * The store with these at the end of KEK, db and dbx, as far as it has them not: what is there stays byte for byte, so
 * that a template with the same at its end makes the same values.
 * @throws {UefiError} `VARIABLE_TOO_LARGE`: more than OVMF keeps. @throws {MalformedError} a database that cannot be read.
 */
export function withMoreSignatures(store: VariableStore, more: MoreSignatures): VariableStore {
  const missing = missingSignatures(signaturesIn(store), more)
  return LISTS.reduce((next, list) => {
    if (missing[list].length === 0) return next
    const former = next.get(VARIABLES[list])
    const added = encode(SignatureDatabase, databaseOf(missing[list]))
    const data = former === null ? added : concat(former.data, added)
    if (data.length > SIGNATURE_DATABASE_BYTES_MAX)
      throw new UefiError(
        'VARIABLE_TOO_LARGE',
        list,
        `${data.length} bytes with these: a firmware keeps ${SIGNATURE_DATABASE_BYTES_MAX}`,
      )
    const variable = former ?? authenticatedVariable(VARIABLES[list], data)
    return next.with({ ...variable, data })
  }, store)
}

/** The same of a template: a store of it has what `withMoreSignatures` makes of a store of the template before. */
export function templateWithMore(
  template: SecureBootTemplate,
  more: MoreSignatures,
): SecureBootTemplate {
  const [KEK, db, dbx] = LISTS.map((list) => databaseOf(template[list])) as [
    SignatureDatabase,
    SignatureDatabase,
    SignatureDatabase,
  ]
  return appendSignatures(template, missingSignatures({ KEK, db, dbx }, more))
}
