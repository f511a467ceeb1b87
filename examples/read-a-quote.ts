// Prints what a TPM says in a quote, and whether a key signed it.
// usage: node tools/run.mjs examples/read-a-quote.ts QUOTE SIGNATURE AK   (as tpm2_quote -m, -s and tpm2_createak -u write them)
import { readFileSync } from 'node:fs'
import { decode, toHex } from '@trusted-launch/codec'
import { PublicKey, verifySignature } from '@trusted-launch/crypto'
import {
  decodePcrSelection,
  hashNameOf,
  TPM_ALG,
  TPM_ST,
  TPM2B_PUBLIC,
  TPMS_ATTEST,
  TPMT_SIGNATURE,
} from '@trusted-launch/tpm2'

const [quote, signature, ak] = process.argv.slice(2).map((file) => readFileSync(file))
if (ak === undefined) throw new Error('say which quote, signature and key')

const attest = decode(TPMS_ATTEST, quote!)
if (attest.type !== TPM_ST.ATTEST_QUOTE) throw new Error('it attests something else than PCRs')
const { extraData, clockInfo, attested } = attest
console.log(`nonce       ${toHex(extraData)}`)
for (const selection of attested.pcrSelect)
  console.log(
    `PCRs        ${hashNameOf(selection.hash)}: ${decodePcrSelection(selection).join(' ')}`,
  )
console.log(`pcrDigest   ${toHex(attested.pcrDigest)}`)
console.log(`boot        reset ${clockInfo.resetCount}, restart ${clockInfo.restartCount}`)

const { sigAlg, signature: made } = decode(TPMT_SIGNATURE, signature!)
const area = decode(TPM2B_PUBLIC, ak)
if (sigAlg !== TPM_ALG.RSASSA || area.type !== TPM_ALG.RSA)
  throw new Error('this example knows RSASSA only; `tl appraise` knows the rest')
const key = PublicKey.fromRsa(area.unique, area.parameters.exponent || 65537)
const hash = hashNameOf(made.hash) ?? 'sha256'
const holds = verifySignature(key, { scheme: 'rsassa', hash }, quote!, made.sig)
console.log(`signature   ${holds ? 'holds' : 'does not hold'}`)
