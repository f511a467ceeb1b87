// The verdict on one machine's boot, out of the files that tpm2-tools and its kernel wrote.
// usage: node tools/run.mjs examples/appraise-offline.ts NONCE QUOTE SIGNATURE AK PCRS EVENT_LOG [IMA_LIST]
import { readFileSync } from 'node:fs'
import {
  appraiseEvidence,
  decodeImportedKey,
  decodeImportedQuote,
  decodeImportedSignature,
  decodePcrValues,
  importEvidence,
  TRUSTED_LAUNCH_POLICY,
} from '@trusted-launch/attestation'
import { fromHex } from '@trusted-launch/codec'

const [nonce, ...files] = process.argv.slice(2)
const [quote, signature, ak, pcrs, eventLog, imaLog] = files.map((file) => readFileSync(file))
if (eventLog === undefined) throw new Error('say the nonce in hexadecimal, and which files')

const key = decodeImportedKey(ak!)
const attest = decodeImportedQuote(quote!)
const imported = importEvidence({
  attest,
  signature: decodeImportedSignature(signature!, key.publicKey, attest),
  key,
  nonce: fromHex(nonce!),
  pcrs: decodePcrValues(pcrs!),
  eventLog,
  imaLog: imaLog ?? null,
  userspaceLog: null,
  anchors: [],
  profile: 'pc-client',
})
const { result } = appraiseEvidence({
  ...imported,
  references: null,
  policy: TRUSTED_LAUNCH_POLICY,
  time: Date.now(),
})
for (const { severity, component, summary, advice } of result.findings)
  console.log(`${severity}: ${component}: ${summary} ${advice}`)
for (const [name, { value, verified }] of Object.entries(result.claims))
  console.log(`${name} = ${JSON.stringify(value)}${verified ? '' : ' (not verified)'}`)
console.log(result.tier)
