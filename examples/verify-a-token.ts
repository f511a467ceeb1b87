// What a relying party does with a token: who signed it, whom it is for, how new it is, and what it says.
// usage: NODE_EXTRA_CA_CERTS=authority.pem node tools/run.mjs examples/verify-a-token.ts ISSUER AUDIENCE [NONCE] < token.jwt
import { text } from 'node:stream/consumers'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const [issuer, audience, nonce] = process.argv.slice(2)
if (audience === undefined) throw new Error('say who issues tokens, and whom they are for')

const discovery = await fetch(`${issuer}/.well-known/openid-configuration`)
const { jwks_uri: keys } = (await discovery.json()) as { jwks_uri: string }
const token = (await text(process.stdin)).trim()
const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
  ...{ issuer: issuer!, audience, algorithms: ['ES256'] },
  requiredClaims: ['exp', 'nbf', 'ear_status', 'evidenceTime'],
})
if (nonce !== undefined && payload.eat_nonce !== nonce)
  throw new Error('no fresh quote covers this nonce')

console.log(`VM        ${payload.sub}`)
console.log(`evidence  ${payload.evidenceTime}`)
console.log(`key       ${payload.cnf === undefined ? 'none' : 'ask whoever shows it for a proof'}`)
for (const { id, severity } of payload.findings as { id: string; severity: string }[])
  console.log(`${severity}: ${id}`)
console.log(payload.ear_status)
if (payload.ear_status !== 'affirming') process.exitCode = 3
