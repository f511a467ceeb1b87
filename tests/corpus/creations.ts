import { verifyCreation } from '@trusted-launch/attestation'
import { decode, encode, fromHex } from '@trusted-launch/codec'
import { TPM_ALG, TPMT_PUBLIC, TPMT_SIGNATURE } from '@trusted-launch/tpm2'
import { type Entry, type Row, textOf } from './manifest.ts'

type Fields = Record<string, any>

const base64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))

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
