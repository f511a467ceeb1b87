import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appraiseEventLog } from '@trusted-launch/attestation'
import { recordedEvidence } from '@trusted-launch/attestation/recorded'
import { certificatesIn } from '../../src/workers/boot-certificates.ts'

test('a signer is followed to its certificate, and to who issued that, in what was measured', () => {
  const { evidence } = recordedEvidence('rsa', 1)[0]!
  const [quote] = evidence.quotes
  const pcrs = new Map(quote!.pcrs.map(({ index, digest }) => [index, digest] as const))
  const { events, claims } = appraiseEventLog({
    ...evidence,
    ...{ profile: 'strict', pcrs: new Map([['sha256', pcrs]]) },
  })
  const certificates = certificatesIn(events)
  const signers = (claims.authorities!.value as { subject: string | null }[]).flatMap(
    ({ subject }) => (subject === null ? [] : [subject]),
  )
  assert.ok(signers.length > 0)
  for (const signer of signers) {
    const found = certificates(signer)
    assert.equal(found[0]?.subject, signer)
    assert.match(found[0]!.sha256, /^[0-9a-f]{64}$/)
    for (const [i, { issuer }] of found.slice(0, -1).entries())
      assert.equal(found[i + 1]!.subject, issuer)
  }
  assert.deepEqual(certificates('CN=nobody'), [])
  assert.deepEqual(certificates(null), [])
})
