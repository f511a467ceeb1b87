import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeVariableStore,
  EFI_VARIABLE,
  encodeVariableStore,
  entriesOf,
  GUIDS,
  MOK_LIST_BYTES_MAX,
  signatureDatabaseOf,
  UefiError,
  VARIABLES,
  VariableStore,
  withMachineOwnerKeys,
} from '../src/index.ts'
import { blankStore } from './blank-store.ts'

const one = Uint8Array.of(0x30, 1, 2, 3)
const other = Uint8Array.of(0x30, 4, 5)

test('shim finds each certificate in a list of its own, which shim owns, after a way through the file', () => {
  const file = encodeVariableStore(
    blankStore(),
    withMachineOwnerKeys(new VariableStore(), [one, other]),
  )
  const entries = entriesOf(signatureDatabaseOf(decodeVariableStore(file), VARIABLES.MokList))
  assert.deepEqual(
    entries.map(({ signatureOwner, signatureData }) => [signatureOwner, signatureData]),
    [one, other].map((der) => [GUIDS.SHIM_LOCK_GUID, der]),
  )
})

test('a running system can neither read nor write the list: shim would delete it', () => {
  const { attributes } = withMachineOwnerKeys(new VariableStore(), [one]).get(VARIABLES.MokList)!
  assert.equal(attributes, EFI_VARIABLE.NON_VOLATILE | EFI_VARIABLE.BOOTSERVICE_ACCESS)
})

test('without certificates there is no list', () => {
  assert.deepEqual(withMachineOwnerKeys(new VariableStore(), []).list(), [])
})

test('more certificates than shim can mirror are refused', () => {
  const fits = new Uint8Array(MOK_LIST_BYTES_MAX - 28 - 16)
  withMachineOwnerKeys(new VariableStore(), [fits])
  assert.throws(
    () => withMachineOwnerKeys(new VariableStore(), [fits, one]),
    (e) => e instanceof UefiError && e.code === 'VARIABLE_TOO_LARGE',
  )
})
