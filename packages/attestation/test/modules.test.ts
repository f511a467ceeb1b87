import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concat, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { appended } from '../../crypto/test/a-module.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { CLAIM_NAMES } from '../src/claim-names.ts'
import { identifyModules } from '../src/identify-modules.ts'
import { idsOf } from './appraised.ts'
import { cleanBoot, evidenceOf, signedModule } from './boot.ts'

const p7 = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../crypto/testdata/${name}.p7`, import.meta.url)))
const byKey = appended(toUtf8('by key'), p7('detached-by-key-identifier'))
const byName = appended(toUtf8('by name'), p7('with-attributes'))
const unsigned = toUtf8('unsigned')
const path = '/lib/modules/6.1/dummy.ko'
const measured = (...files: Uint8Array[]) =>
  evidenceOf(cleanBoot(), {
    measured: files.map((file) => ({ name: path, sha256: digest('sha256', file) })),
  })

test('whom a module’s signature names is told of a file that hashes to what IMA measured, and of no other', () => {
  const [key, name, bare, other] = identifyModules(measured(byKey, byName, unsigned), [
    ...[byKey, byName, unsigned],
    concat(byKey, Uint8Array.of(0)),
  ])
  assert.deepEqual([key!.entries, key!.paths], [[1], [path]])
  assert.match(key!.signers![0]!.keyIdentifier!, /^[0-9a-f]{40}$/)
  const { issuer, serial, hash } = name!.signers![0]!
  assert.match(`${issuer} ${serial} ${hash}`, /CN=.* [0-9a-f]+ sha256$/)
  assert.deepEqual([bare!.entries, bare!.signers], [[3], []])
  assert.deepEqual([other!.entries, other!.signers], [[], null])
  assert.equal(other!.sha256, toHex(digest('sha256', byKey, Uint8Array.of(0))))
})

test('a measured file whose end only looks like a signature names nobody', () => {
  const broken = appended(toUtf8('broken'), toUtf8('no PKCS #7'))
  assert.deepEqual(identifyModules(measured(broken), [broken])[0]!.signers, null)
})

test('evidence that is refused vouches for no file, and nothing beyond the quoted entries does', () => {
  const input = measured(byKey)
  const expectation = { ...input.expectation, nonce: new Uint8Array(32).fill(9) }
  assert.deepEqual(identifyModules({ ...input, expectation }, [byKey])[0]!.entries, [])
  const imaLog = measured(byKey, byName).evidence.imaLog
  const longer = { ...input, evidence: { ...input.evidence, imaLog } }
  const found = identifyModules(longer, [byKey, byName])
  assert.deepEqual(
    found.map(({ entries }) => entries),
    [[1], []],
  )
})

const refused = 'Loading of unsigned module is rejected'
const tainted = 'dummy: module verification failed: signature and/or required key missing'

test('what the kernel is said to have written of modules is told, verifies nothing and weighs nothing', () => {
  const input = measured()
  const moduleMessages = [tainted, refused, 'dummy: loading out-of-tree module taints kernel.']
  const { result, findings } = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, moduleMessages },
  })
  assert.equal(result.tier, 'affirming')
  assert.deepEqual(
    findings.map(({ id, component, severity }) => [id, component, severity]),
    [
      ['module.reported', 'kernel module dummy', 'info'],
      ['module.reported', 'kernel module', 'info'],
    ],
  )
  assert.match(findings[0]!.summary, /nothing vouches for.*verification failed.*\(and 1 more\)$/)
  const claim = { value: moduleMessages, verified: false, events: [] }
  assert.deepEqual(result.claims['module-messages'], claim)
  assert.ok(!CLAIM_NAMES.includes('module-messages'), 'a policy cannot speak of it')
})

test('a module that IMA measured is judged alike, whatever the guest says that its kernel wrote', () => {
  const good = evidenceOf(cleanBoot(), { measured: [{ name: path, sha256: signedModule }] })
  for (const input of [good, measured(unsigned)]) {
    const without = appraiseEvidence(input)
    const evidence = { ...input.evidence, moduleMessages: [tainted, refused] }
    const { result, findings } = appraiseEvidence({ ...input, evidence })
    assert.equal(result.tier, without.result.tier)
    const judged = findings.filter(({ id }) => id !== 'module.reported')
    assert.deepEqual(judged, without.findings)
    const { 'module-messages': _, ...claims } = result.claims
    assert.deepEqual(claims, without.result.claims)
  }
  assert.deepEqual(idsOf(appraiseEvidence(measured(unsigned))), ['module.untrusted'])
})
