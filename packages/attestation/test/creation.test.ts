import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  nameOfPublic,
  TPM_ALG,
  TPM_ST,
  TPMA_OBJECT,
  TPMS_ATTEST,
  TPMS_CREATION_DATA,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import { type CreationEvidence, verifyCreation } from '../src/index.ts'
import { akPublic, signAsAk } from './attester.ts'

const none = new Uint8Array()
const creationData = encode(TPMS_CREATION_DATA, {
  pcrSelect: [],
  pcrDigest: none,
  locality: 1,
  parentNameAlg: TPM_ALG.SHA256,
  parentName: new Uint8Array(34),
  parentQualifiedName: new Uint8Array(34),
  outsideInfo: none,
})

type Signed = { objectName?: Uint8Array; creationHash?: Uint8Array; area?: TPMT_PUBLIC }

function evidenceOf({ area = akPublic(), ...changes }: Signed = {}): CreationEvidence {
  const attest = encode(TPMS_ATTEST, {
    magic: 0xff54_4347,
    type: TPM_ST.ATTEST_CREATION,
    qualifiedSigner: new Uint8Array(34),
    extraData: none,
    clockInfo: { clock: 1n, resetCount: 1, restartCount: 0, safe: true },
    firmwareVersion: 1n,
    attested: {
      objectName: nameOfPublic(area),
      creationHash: digest('sha256', creationData),
      ...changes,
    },
  } as TPMS_ATTEST)
  return {
    akPublic: encode(TPMT_PUBLIC, area),
    creationData,
    attest,
    signature: signAsAk(attest),
  }
}

function idsOf(given: CreationEvidence): string[] {
  const found = verifyCreation(given)
  return 'name' in found ? found.findings.map(({ id }) => id) : found.map(({ id }) => id)
}

test('an AK that signed its own creation is told by its name', () => {
  const found = verifyCreation(evidenceOf())
  assert.ok('name' in found)
  assert.deepEqual(found.name, nameOfPublic(akPublic()))
  assert.deepEqual(found.findings, [])
})

test('a creation of another key, of other creation data, or that is none is refused', () => {
  const refused = ['attestation-key.creation']
  assert.deepEqual(idsOf(evidenceOf({ objectName: new Uint8Array(34) })), refused)
  assert.deepEqual(idsOf(evidenceOf({ creationHash: new Uint8Array(32) })), refused)
  const good = evidenceOf()
  const quote = encode(TPMS_ATTEST, {
    ...decode(TPMS_ATTEST, good.attest),
    type: TPM_ST.ATTEST_CERTIFY,
    attested: { name: nameOfPublic(akPublic()), qualifiedName: none },
  } as TPMS_ATTEST)
  assert.deepEqual(idsOf({ ...good, attest: quote, signature: signAsAk(quote) }), refused)
})

test('a creation that another key signed, or by another scheme, is refused and nothing panics', () => {
  const good = evidenceOf()
  const signature = decode(TPMT_SIGNATURE, good.signature)
  const refused = ['attestation-key.creation']
  const one = Uint8Array.of(1)
  for (const sigAlg of [TPM_ALG.ECDSA, TPM_ALG.SM2, TPM_ALG.ECDAA]) {
    const other = { sigAlg, signature: { hash: TPM_ALG.SHA256, signatureR: one, signatureS: one } }
    const bytes = encode(TPMT_SIGNATURE, other as TPMT_SIGNATURE)
    assert.deepEqual(idsOf({ ...good, signature: bytes }), refused)
  }
  const pss = encode(TPMT_SIGNATURE, { ...signature, sigAlg: TPM_ALG.RSAPSS } as TPMT_SIGNATURE)
  assert.deepEqual(idsOf({ ...good, signature: pss }), refused)
  assert.deepEqual(idsOf({ ...good, attest: concat(good.attest, toUtf8('x')) }), refused)
})

test('an AK that may sign what its TPM did not make is refused, whatever it signed', () => {
  const { objectAttributes } = akPublic()
  const area = akPublic({ objectAttributes: objectAttributes & ~TPMA_OBJECT.restricted })
  assert.deepEqual(idsOf(evidenceOf({ area })), ['attestation-key.attributes'])
})

test('an AK of another exponent, or named by SHA-1, is refused', () => {
  const { parameters } = akPublic() as TPMT_PUBLIC & { type: typeof TPM_ALG.RSA }
  const exponent = akPublic({ parameters: { ...parameters, exponent: 3 } } as Partial<TPMT_PUBLIC>)
  assert.deepEqual(idsOf(evidenceOf({ area: exponent })), ['attestation-key.weak'])
  const named = akPublic({ nameAlg: TPM_ALG.SHA1 })
  assert.deepEqual(idsOf(evidenceOf({ area: named })), ['attestation-key.weak'])
})

test('every part of a creation cut short or with a byte behind it is refused', () => {
  const good = evidenceOf()
  for (const part of Object.keys(good) as (keyof CreationEvidence)[])
    for (const bytes of [
      ...Array.from({ length: good[part].length }, (_, size) => good[part].subarray(0, size)),
      concat(good[part], Uint8Array.of(0)),
    ])
      assert.notDeepEqual(idsOf({ ...good, [part]: bytes }), [], `${part} of ${bytes.length} bytes`)
})

test('no byte of a creation can be changed', () => {
  const good = evidenceOf()
  for (const part of Object.keys(good) as (keyof CreationEvidence)[])
    for (let at = 0; at < good[part].length; at++) {
      const changed = good[part].map((byte, i) => (i === at ? byte ^ 1 : byte))
      assert.notDeepEqual(idsOf({ ...good, [part]: changed }), [], `${part}, byte ${at}`)
    }
})
