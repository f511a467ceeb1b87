import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { encode } from '@trusted-launch/codec'
import { extendedKeyUsage, PublicKey } from '@trusted-launch/crypto'
import {
  AK_RSA2048,
  nameOfPublic,
  SRK_P256,
  TPM_ALG,
  TPM_ECC,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'
import { appraiseEvidence } from '../src/appraise.ts'
import { idsOf } from './appraised.ts'
import { issue } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const curves = {
  'P-256': { curveID: TPM_ECC.NIST_P256, size: 32 },
  'P-384': { curveID: TPM_ECC.NIST_P384, size: 48 },
} as const
type Curve = keyof typeof curves
const none = { scheme: TPM_ALG.NULL, details: null }

/** The clean boot's evidence, quoted by an AK on this curve. */
function quotedOn(
  curve: Curve,
  { curveID, size }: { curveID: number; size: number } = curves[curve],
) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const jwk = publicKey.export({ format: 'jwk' })
  const [x, y] = [jwk.x!, jwk.y!].map((text) => Uint8Array.from(Buffer.from(text, 'base64url')))
  const area = {
    ...SRK_P256,
    objectAttributes: AK_RSA2048.objectAttributes,
    parameters: {
      symmetric: { algorithm: TPM_ALG.NULL, keyBits: null, mode: null },
      scheme: { scheme: TPM_ALG.ECDSA, details: { hashAlg: TPM_ALG.SHA256 } },
      curveID,
      kdf: none,
    },
    unique: { x, y },
  } as unknown as TPMT_PUBLIC
  const signed = (message: Uint8Array, hash: number = TPM_ALG.SHA256) => {
    const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const [signatureR, signatureS] = [raw.subarray(0, size), raw.subarray(size)].map((part) =>
      Uint8Array.from(part),
    )
    const signature = { hash, signatureR, signatureS }
    return encode(TPMT_SIGNATURE, { sigAlg: TPM_ALG.ECDSA, signature } as TPMT_SIGNATURE)
  }
  const certificate = issue({
    subject: [{ oid: '2.5.4.3', value: 'vm-1' }],
    publicKey: PublicKey.fromEc(curve, x!, y!),
    extensions: [extendedKeyUsage('2.23.133.8.3')],
  })
  const input = evidenceOf(cleanBoot())
  const quotes = input.evidence.quotes.map((quote) => ({
    ...quote,
    signature: signed(quote.attest),
  }))
  const akPublic = encode(TPMT_PUBLIC, area)
  return {
    signed,
    input: {
      ...input,
      evidence: { ...input.evidence, akPublic, akCertificate: certificate.der, quotes },
      expectation: { ...input.expectation, akName: nameOfPublic(area) },
    },
  }
}

for (const curve of ['P-256', 'P-384'] as const)
  test(`an AK on ${curve} quotes, and no changed byte of its signature holds`, () => {
    const { input } = quotedOn(curve)
    assert.deepEqual(idsOf(appraiseEvidence(input)), [])
    const [quote, other] = input.evidence.quotes
    for (let at = 0; at < quote!.signature.length; at += 3) {
      const signature = quote!.signature.slice()
      signature[at]! ^= 1
      const quotes = [{ ...quote!, signature }, other!]
      const { result } = appraiseEvidence({ ...input, evidence: { ...input.evidence, quotes } })
      assert.equal(result.tier, 'contraindicated', `byte ${at}`)
    }
  })

test('a signature of another scheme than the key, or over SHA-1, is refused by its algorithm', () => {
  const { input, signed } = quotedOn('P-256')
  const [quote, other] = input.evidence.quotes
  const ids = (signature: Uint8Array) => {
    const quotes = [{ ...quote!, signature }, other!]
    return idsOf(appraiseEvidence({ ...input, evidence: { ...input.evidence, quotes } }))
  }
  const rsa = evidenceOf(cleanBoot())
  assert.deepEqual(ids(rsa.evidence.quotes[0]!.signature), ['quote.algorithm'])
  assert.deepEqual(ids(signed(quote!.attest, TPM_ALG.SHA1)), ['quote.algorithm'])
  const foreign = [{ ...rsa.evidence.quotes[0]!, signature: signed(quote!.attest) }]
  const mixed = {
    ...rsa,
    evidence: { ...rsa.evidence, quotes: [...foreign, rsa.evidence.quotes[1]!] },
  }
  assert.deepEqual(idsOf(appraiseEvidence(mixed)), ['quote.algorithm'])
})

test('a curve that is not P-256 or P-384 is refused', () => {
  const { input } = quotedOn('P-256', { curveID: 0x10, size: 32 })
  assert.deepEqual(idsOf(appraiseEvidence(input)), ['attestation-key.malformed'])
})
