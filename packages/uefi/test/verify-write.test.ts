import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '@trusted-launch/codec'
import { Certificate } from '@trusted-launch/crypto'
import {
  AuthenticatedWrite,
  decodeSignatureDatabase,
  entriesOf,
  VARIABLES,
  verifyAuthenticatedWrite,
} from '../src/index.ts'
import { evidence, unless } from './real-files.ts'

const file = evidence('Foxboron__go-uefi/auth/PK.auth')
const skip = unless(file, 'the evidence corpus')
/** Non-volatile, both services, time-based authenticated, and an append: what this file was signed for. */
const attributes = 0x67

function read() {
  const write = decode(AuthenticatedWrite, file!)
  const [entry] = entriesOf(decodeSignatureDatabase(write.data))
  return { write, anchor: Certificate.decode(entry!.signatureData) }
}

test('a platform key that signs itself is verified', { skip }, () => {
  const { write, anchor } = read()
  const verdict = verifyAuthenticatedWrite(write, VARIABLES.PK, attributes, [anchor])
  assert.ok('signers' in verdict, JSON.stringify(verdict))
})

test('another variable, other attributes, another value or nobody trusted is a fault', {
  skip,
}, () => {
  const { write, anchor } = read()
  const fault = (...given: Parameters<typeof verifyAuthenticatedWrite>) => {
    const verdict = verifyAuthenticatedWrite(...given)
    return 'fault' in verdict ? verdict.fault : null
  }
  const changed = write.data.slice()
  changed[40]! ^= 1
  assert.ok(fault(write, VARIABLES.KEK, attributes, [anchor]))
  assert.ok(fault(write, VARIABLES.PK, 0x27, [anchor]))
  assert.ok(fault({ ...write, data: changed }, VARIABLES.PK, attributes, [anchor]))
  assert.equal(fault(write, VARIABLES.PK, attributes, []), 'unknown-issuer')
})
