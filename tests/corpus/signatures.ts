import {
  decodeImportedKey,
  decodeImportedQuote,
  decodeImportedSignature,
  verifyCreation,
} from '@trusted-launch/attestation'
import { decode, encode, fromHex, fromLatin1, MalformedError } from '@trusted-launch/codec'
import { CryptoError, verifySignature } from '@trusted-launch/crypto'
import { hashNameOf, TPM_ALG, TPMT_PUBLIC, TPMT_SIGNATURE } from '@trusted-launch/tpm2'
import { type Entry, type Row, textOf } from './manifest.ts'

type Fields = Record<string, any>
/** A key, and what it is said to have signed. */
type Signed = readonly [key: Uint8Array, attest: Uint8Array, signature: Uint8Array]

const base64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))

/** Quotes that are beside their key in one file: each is the key's, and no byte of it can be changed. */
export function quotes({ file }: Entry): Row[] {
  const text = file.endsWith('.json') ? textOf(file) : null
  if (text === null) return []
  return signedIn(JSON.parse(text)).map((signed, i) => {
    const changed = ([key, attest, signature]: Signed, at: number): Signed => [
      key,
      attest.map((byte, j) => (j === at ? byte ^ 1 : byte)),
      signature,
    ]
    const right = holds(signed) && signed[1].every((_, at) => !holds(changed(signed, at)))
    return { file, expected: `quote ${i} holds, as it is only`, got: `${right}`, right }
  })
}

function signedIn(given: Fields): Signed[] {
  if (given.ak_pem !== undefined)
    return [
      [fromLatin1(given.ak_pem), base64(given.tpms_attest_b64), base64(given.tpmt_signature_b64)],
    ]
  if (given.ak_pub_tpmt_public_b64 !== undefined)
    return given.quotes.map((each: Fields) => [
      base64(given.ak_pub_tpmt_public_b64),
      base64(each.tpms_attest_b64),
      base64(each.tpmt_signature_b64),
    ])
  if (given.ak_public !== undefined && given.tpm_quote !== undefined)
    return [
      [base64(given.ak_public), base64(given.tpm_quote.message), base64(given.tpm_quote.signature)],
    ]
  return []
}

/** Whether the signature is the key's, in whichever form its writer gave it. */
function holds([keyBytes, bytes, signatureBytes]: Signed): boolean {
  try {
    const { publicKey } = decodeImportedKey(keyBytes)
    const attest = decodeImportedQuote(bytes)
    const given = decodeImportedSignature(signatureBytes, publicKey!, attest)
    const { sigAlg, signature } = decode(TPMT_SIGNATURE, given)
    if (sigAlg !== TPM_ALG.RSASSA && sigAlg !== TPM_ALG.RSAPSS) return false
    const scheme = sigAlg === TPM_ALG.RSASSA ? 'rsassa' : 'rsapss'
    const hash = hashNameOf(signature.hash)!
    return verifySignature(publicKey!, { scheme, hash }, attest, signature.sig)
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return false
    throw e
  }
}

/** How keys were made: as they are, signed by another scheme, and on another curve. */
export function creations({ file }: Entry): Row[] {
  const given: Fields[] = JSON.parse(textOf(file)!)
  return given.flatMap((each) => {
    const evidence = {
      akPublic: base64(each.Public),
      creationData: base64(each.CreateData),
      attest: base64(each.CreateAttestation),
      signature: base64(each.CreateSignature),
    }
    const swapped = { ...evidence, signature: swap(evidence.signature) }
    return [
      row(file, 'holds', each, told(evidence), ''),
      row(file, 'refused (scheme swapped)', each, told(swapped), 'attestation-key.'),
      ...(curveP224(evidence.akPublic) ?? []).map((akPublic) =>
        row(file, 'refused (P-224)', each, told({ ...evidence, akPublic }), 'attestation-key.'),
      ),
    ]
  })
}

/** What is wrong with it, one that says that SHA-1 was used apart. */
function told(evidence: Parameters<typeof verifyCreation>[0]): string {
  const found = verifyCreation(evidence, { sha1: true })
  return 'name' in found ? '' : found.map(({ id }) => id).join(' ')
}

function row(file: string, expected: string, { name }: Fields, got: string, begins: string): Row {
  const right = begins === '' ? got === '' : got.startsWith(begins)
  return { file, expected: `${name}: ${expected}`, got: got === '' ? 'holds' : got, right }
}

function swap(bytes: Uint8Array): Uint8Array {
  const given = decode(TPMT_SIGNATURE, bytes)
  if (given.sigAlg === TPM_ALG.RSASSA) {
    const part = given.signature.sig.subarray(0, 32)
    const signature = { hash: given.signature.hash, signatureR: part, signatureS: part }
    return encode(TPMT_SIGNATURE, { sigAlg: TPM_ALG.ECDSA, signature })
  }
  const signature = { hash: TPM_ALG.SHA256, sig: fromHex('01'.repeat(64)) }
  return encode(TPMT_SIGNATURE, { sigAlg: TPM_ALG.RSASSA, signature })
}

function curveP224(bytes: Uint8Array): Uint8Array[] | null {
  const area = decode(TPMT_PUBLIC, bytes)
  if (area.type !== TPM_ALG.ECC) return null
  return [encode(TPMT_PUBLIC, { ...area, parameters: { ...area.parameters, curveID: 1 } })]
}
