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
import { evidence, readIfThere, unless } from './real-files.ts'

const recorded = evidence('Foxboron__go-uefi/auth/PK.auth')

/** Signed writes of a PK that sign themselves: ours, and one that another program made. */
const writes = [
  {
    name: 'a write made with OpenSSL',
    file: readIfThere(new URL('../testdata/PK.auth', import.meta.url).pathname)!,
    attributes: 0x27,
    skip: false,
  },
  {
    name: 'a recorded write',
    file: recorded!,
    /** Non-volatile, both services, time-based authenticated, and an append: what it was signed for. */
    attributes: 0x67,
    skip: unless(recorded, 'the evidence corpus'),
  },
] as const

for (const { name, file, attributes, skip } of writes) {
  const read = () => {
    const write = decode(AuthenticatedWrite, file)
    const [entry] = entriesOf(decodeSignatureDatabase(write.data))
    return { write, anchor: Certificate.decode(entry!.signatureData) }
  }

  test(`${name} of a platform key that signs itself is verified`, { skip }, () => {
    const { write, anchor } = read()
    const verdict = verifyAuthenticatedWrite(write, VARIABLES.PK, attributes, [anchor])
    assert.ok('signers' in verdict, JSON.stringify(verdict))
  })

  test(`${name} to another variable, with other attributes, time or value, or by nobody trusted is a fault`, {
    skip,
  }, () => {
    const { write, anchor } = read()
    const { authentication } = write
    const fault = (...given: Parameters<typeof verifyAuthenticatedWrite>) => {
      const verdict = verifyAuthenticatedWrite(...given)
      return 'fault' in verdict ? verdict.fault : null
    }
    const data = write.data.slice()
    data[40]! ^= 1
    const timeStamp = { ...authentication.timeStamp, year: authentication.timeStamp.year + 1 }
    const later = { ...write, authentication: { ...authentication, timeStamp } }
    assert.ok(fault(write, VARIABLES.KEK, attributes, [anchor]))
    assert.ok(fault(write, VARIABLES.PK, attributes ^ 0x40, [anchor]))
    assert.ok(fault({ ...write, data }, VARIABLES.PK, attributes, [anchor]))
    assert.ok(fault(later, VARIABLES.PK, attributes, [anchor]))
    assert.equal(fault(write, VARIABLES.PK, attributes, []), 'unknown-issuer')
  })
}
