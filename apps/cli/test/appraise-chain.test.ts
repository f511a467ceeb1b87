import assert from 'node:assert/strict'
import test from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { type Authority, newAuthority, pemOf, recordedInput } from './a-record.ts'
import { fileOf, tl } from './a-run.ts'

const root = newAuthority('root')
const middle = newAuthority('middle', root)
const low = newAuthority('low', middle)
const { evidence, expectation } = recordedInput(low)
const pem = (...authorities: readonly Authority[]) =>
  authorities.map(({ certificate }) => pemOf('CERTIFICATE', certificate.der)).join('')
const ak = pemOf('CERTIFICATE', evidence.akCertificate!)

/** What becomes of the recorded boot when the key's certificate came as this file, and these are believed. */
async function appraised(certificate: string, ca: string): Promise<[number, string]> {
  const [{ attest, signature, pcrs }] = evidence.quotes as [(typeof evidence.quotes)[0]]
  const values = Object.fromEntries(pcrs.map(({ index, digest }) => [index, toHex(digest)]))
  const files = {
    quote: fileOf('quote.msg', attest),
    signature: fileOf('quote.sig', signature),
    ak: fileOf('ak.pem', certificate),
    ca: fileOf('ca.pem', ca),
    pcrs: fileOf('pcrs.json', JSON.stringify({ sha256: values })),
    nonce: toHex(expectation.nonce),
    'event-log': fileOf('log', evidence.eventLog!),
    ima: fileOf('ima', evidence.imaLog!),
    time: '2026-01-01T00:00:00Z',
  }
  const args = Object.entries(files).flatMap(([name, value]) => [`--${name}`, value])
  const { code, out } = await tl('appraise', ...args, '--json')
  const { claims, findings } = JSON.parse(out)
  return [code, claims['attestation-key']?.value ?? findings[0].id]
}

test('a certificate leads to an authority of --ca through those behind it in its file', async () => {
  const believed = [4, 'certificate']
  assert.deepEqual(await appraised(ak + pem(low, middle), pem(root)), believed)
  assert.deepEqual(await appraised(ak, pem(root, middle, low)), believed)
  assert.deepEqual(await appraised(ak + pem(low), pem(newAuthority('other'), middle)), believed)
})

test('without those between, or under a stranger, it is refused: 3', async () => {
  const untrusted = [3, 'attestation-key.certificate.untrusted']
  assert.deepEqual(await appraised(ak, pem(root)), untrusted)
  assert.deepEqual(await appraised(ak + pem(low), pem(root)), untrusted)
  const stranger = pem(newAuthority('root'))
  assert.deepEqual(await appraised(ak + pem(low, middle, root), stranger), untrusted)
})
