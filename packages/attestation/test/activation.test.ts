import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { encode } from '@trusted-launch/codec'
import {
  ActivateCredential,
  AK_RSA2048,
  EK_RSA2048,
  execute,
  nameOfPublic,
  PolicySecret,
  password,
  policy,
  SRK_P256,
  startPolicySession,
  TPM_ALG,
  TPM_ECC,
  TPM_RH,
  TPMA_OBJECT,
  TPMT_PUBLIC,
  type Transport,
} from '@trusted-launch/tpm2'
import { createPrimary, none, sessionNonce } from '../../tpm2/test/objects.ts'
import { startSwtpm, swtpmMissing } from '../../tpm2/test/swtpm.ts'
import { ActivatedKey, appraiseEvidence, challengeKey, randomBytesFor } from '../src/index.ts'
import { akPublic } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const skip = swtpmMissing
const random = (size: number) => Uint8Array.from(randomBytes(size))
const publicOf = (area: TPMT_PUBLIC) => encode(TPMT_PUBLIC, area)

/** The endorsement key, P-256: template L-2 of the profile. */
const ekP256 = {
  ...SRK_P256,
  objectAttributes: EK_RSA2048.objectAttributes,
  authPolicy: EK_RSA2048.authPolicy,
} as TPMT_PUBLIC
const ekP384 = {
  ...ekP256,
  parameters: { ...ekP256.parameters, curveID: TPM_ECC.NIST_P384 },
  unique: { x: new Uint8Array(48), y: new Uint8Array(48) },
} as TPMT_PUBLIC
const templates = { 'RSA-2048': EK_RSA2048, 'P-256': ekP256, 'P-384': ekP384 }

function challenge(ek: TPMT_PUBLIC, ak: TPMT_PUBLIC) {
  return challengeKey({
    ekPublic: publicOf(ek),
    akPublic: publicOf(ak),
    answer: random(32),
    random: randomOf(ek),
  })
}

function randomOf(ek: TPMT_PUBLIC): Uint8Array {
  const bytes = random(randomBytesFor(ek))
  // Below the order of both curves.
  if (ek.type === TPM_ALG.ECC) bytes[0] = 1
  return bytes
}

async function activate(
  tpm: Transport,
  handles: { activateHandle: number; keyHandle: number },
  credential: { credentialBlob: Uint8Array; secret: Uint8Array },
): Promise<Uint8Array> {
  const session = await startPolicySession(tpm, sessionNonce())
  await execute(tpm, PolicySecret, {
    authHandle: TPM_RH.ENDORSEMENT,
    policySession: session,
    nonceTPM: none,
    cpHashA: none,
    policyRef: none,
    expiration: 0,
  })
  const authorizations = [password(), policy(session)]
  const given = { ...handles, ...credential }
  return (await execute(tpm, ActivateCredential, given, authorizations)).certInfo
}

for (const [title, template] of Object.entries(templates))
  test(`a TPM opens a challenge to its ${title} EK for its own AK, and no other`, {
    skip,
  }, async (t) => {
    const tpm = await startSwtpm(t)
    const ek = await createPrimary(tpm, TPM_RH.ENDORSEMENT, template)
    const ak = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
    const handles = { activateHandle: ak.objectHandle, keyHandle: ek.objectHandle }
    const asked = challenge(ek.outPublic, ak.outPublic)
    const answer = await activate(tpm, handles, asked.credential)
    const key = ActivatedKey.verify(asked.kept, answer)
    assert.ok(key instanceof ActivatedKey)
    assert.deepEqual([key.akName, key.ekName], [ak.name, ek.name])
    const other = challenge(ek.outPublic, akPublic())
    await assert.rejects(activate(tpm, handles, other.credential), { name: 'TPM_RC_INTEGRITY' })
  })

test('another answer activates nothing', () => {
  const ek = { ...EK_RSA2048, unique: akPublic().unique } as TPMT_PUBLIC
  const { kept } = challenge(ek, akPublic())
  for (const wrong of [none, kept.answer.subarray(1), kept.answer.map((byte) => byte ^ 1)]) {
    const found = ActivatedKey.verify(kept, wrong)
    assert.ok(!(found instanceof ActivatedKey))
    assert.equal(found.id, 'attestation-key.not-activated')
  }
})

test('an AK that was activated needs no certificate; another one does', () => {
  const ek = { ...EK_RSA2048, unique: akPublic().unique } as TPMT_PUBLIC
  const input = evidenceOf(cleanBoot())
  const evidence = { ...input.evidence, akCertificate: null }
  const idsWith = (area: TPMT_PUBLIC) => {
    const { kept } = challenge(ek, area)
    const activatedKey = ActivatedKey.verify(kept, kept.answer) as ActivatedKey
    const expectation = { ...input.expectation, activatedKey }
    return appraiseEvidence({ ...input, evidence, expectation }).findings.map(({ id }) => id)
  }
  assert.ok(!idsWith(akPublic()).some((id) => id.startsWith('attestation-key.')))
  assert.deepEqual(idsWith(AK_RSA2048), ['attestation-key.certificate.missing'])
})

test('a challenge is made only to a strong storage key, with an answer that cannot be guessed', () => {
  const ek = { ...EK_RSA2048, unique: akPublic().unique } as TPMT_PUBLIC
  const refuse = (changes: object, given: object = {}) =>
    assert.throws(
      () =>
        challengeKey({
          ekPublic: publicOf({ ...ek, ...changes } as TPMT_PUBLIC),
          akPublic: publicOf(akPublic()),
          answer: random(32),
          random: random(64),
          ...given,
        }),
      RangeError,
    )
  refuse({ nameAlg: TPM_ALG.SHA1 })
  refuse({ objectAttributes: ek.objectAttributes | TPMA_OBJECT.sign })
  refuse({ objectAttributes: ek.objectAttributes & ~TPMA_OBJECT.restricted })
  refuse({ objectAttributes: ek.objectAttributes & ~TPMA_OBJECT.decrypt })
  refuse({ parameters: AK_RSA2048.parameters })
  refuse({}, { answer: random(15) })
  refuse({}, { answer: random(33) })
  refuse({}, { random: random(63) })
  assert.deepEqual(nameOfPublic(ek).length, 34)
})
