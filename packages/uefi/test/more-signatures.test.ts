import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalBytes } from '@trusted-launch/codec'
import {
  missingSignatures,
  parseSecureBootTemplate,
  type SecureBootTemplate,
  signaturesIn,
  templateWithMore,
  UefiError,
  VARIABLES,
  variablesOfTemplate,
  withMoreSignatures,
} from '@trusted-launch/uefi'
import uefiCa from '../templates/microsoft-uefi-ca.json' with { type: 'json' }

const whole = parseSecureBootTemplate(uefiCa)
/** As it was before the authorities of 2023 and the revocations. */
const old: SecureBootTemplate = {
  PK: whole.PK,
  KEK: [{ ...whole.KEK[0]!, value: whole.KEK[0]!.value.slice(0, 1) }],
  db: [{ ...whole.db[0]!, value: whole.db[0]!.value.slice(0, 1) }],
  dbx: [],
}

test('what a store lacks is added at the end, as a template with the same at its end makes it, once', () => {
  const store = variablesOfTemplate(old, true)
  const missing = missingSignatures(signaturesIn(store), whole)
  assert.deepEqual(
    [missing.KEK, missing.db].map((list) => list.map(({ value }) => value.length)),
    [[1], [1]],
  )
  const next = withMoreSignatures(store, whole)
  const foretold = variablesOfTemplate(templateWithMore(old, whole), true)
  for (const variable of Object.values(VARIABLES)) {
    const [actual, expected] = [next.get(variable), foretold.get(variable)]
    assert.equal(actual === null, expected === null, variable.name)
    if (actual !== null) assert.ok(equalBytes(actual.data, expected!.data), variable.name)
    assert.equal(actual?.attributes, expected?.attributes)
  }
  assert.ok(next.get(VARIABLES.KEK)!.data.length > store.get(VARIABLES.KEK)!.data.length)
  assert.deepEqual(withMoreSignatures(next, whole), next)
})

test('what was there stays byte for byte, and who owns an entry makes none of it new', () => {
  const owned = whole.db.map((one) => ({ ...one, signatureOwner: VARIABLES.PK.guid }))
  const store = variablesOfTemplate({ ...whole, db: owned }, true)
  assert.equal(withMoreSignatures(store, whole).get(VARIABLES.db), store.get(VARIABLES.db))
})

test('more than a firmware keeps is refused', () => {
  const value = Array.from({ length: 700 }, (_, i) =>
    new Uint8Array(32).fill(i & 255).fill(i >> 8, 31),
  )
  const dbx = [{ type: 'sha256' as const, value, signatureOwner: VARIABLES.PK.guid }]
  const store = variablesOfTemplate(old, true)
  const added = () => withMoreSignatures(store, { KEK: [], db: [], dbx })
  assert.throws(added, (error) => error instanceof UefiError && error.code === 'VARIABLE_TOO_LARGE')
})
