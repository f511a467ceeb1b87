import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex } from '@trusted-launch/codec'
import { checkCodecsAt, checkDecoder, decodersAt, randomFrom } from '@trusted-launch/codec/check'
import * as door from '../src/index.ts'
import { marshaledPcrs, serializedPcrs } from './pcr-files.ts'
import { vectors } from './vectors.ts'

const vector = (name: string) => fromHex(Object.values(vectors[name]!)[0]!)
const sized = (bytes: Uint8Array) => Uint8Array.of(bytes.length >> 8, bytes.length, ...bytes)

test('every structure at the door reads and writes the same bytes and refuses all others', () => {
  checkCodecsAt(door, {
    TPMT_PUBLIC: vector('TPMT_PUBLIC'),
    TPM2B_PUBLIC: sized(vector('TPMT_PUBLIC')),
    TPM2B_NV_PUBLIC: sized(vector('TPMS_NV_PUBLIC')),
    TPMS_ATTEST: vector('TPMS_ATTEST'),
    TPMT_TK_CREATION: vector('TPMT_TK_CREATION'),
    SERIALIZED_PCRS: serializedPcrs,
    MARSHALED_PCRS: marshaledPcrs,
  })
})

/** Their parts are tried above, and two of them whole in execute.test.ts. */
const wholeKeys = ['Create', 'CreatePrimary', 'ReadPublic', 'NV_ReadPublic']

test('so does the answer of every command', () => {
  for (const { name, answer } of Object.values(door).filter(isCommand))
    if (!wholeKeys.includes(name)) checkCodecsAt({ [`TPM2_${name}`]: answer })
})

function isCommand(value: unknown): value is door.Command<any, any> {
  return typeof value === 'object' && value !== null && 'answer' in value && 'parameters' in value
}

test('a response code of any number has a name', () => {
  const random = randomFrom(1)
  for (let i = 0; i < 5000; i++) {
    const { name, index } = door.parseResponseCode(random(2 ** (1 + (i % 32))))
    assert.ok(name.length > 0 && index >= 0 && index < 16)
  }
})

test('a selection of any bits names ascending PCRs', () => {
  const random = randomFrom(2)
  for (let i = 0; i < 1000; i++) {
    const pcrSelect = Uint8Array.from({ length: 3 + random(2) }, () => random(256))
    const pcrs = door.decodePcrSelection({ hash: door.TPM_ALG.SHA256, pcrSelect })
    assert.deepEqual(
      pcrs,
      [...new Set(pcrs)].sort((a, b) => a - b),
    )
    assert.ok(pcrs.every((pcr) => pcr < 32))
  }
})

test('a file of PCR values cut short or mutated is refused, or read, and nothing else happens', () => {
  checkDecoder(door.decodePcrFile, { serializedPcrs, marshaledPcrs }, { tries: 2000 })
})

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), [
    'decodePcrFile',
    'decodePcrSelection',
    'parseResponseCode',
    'readPcrs',
  ])
})
