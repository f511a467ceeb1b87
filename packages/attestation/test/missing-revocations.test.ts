import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode, toHex } from '@trusted-launch/codec'
import {
  databaseOf,
  parseSecureBootTemplate,
  SignatureDatabase,
  type TemplateSignature,
  VARIABLES,
} from '@trusted-launch/uefi'
import uefiCa from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { missingRevocations } from '../src/missing-revocations.ts'
import { isVariable } from './appraised.ts'
import { cleanBoot, configured, evidenceOf, type Step } from './boot.ts'
import { eventLog, imaLog, quoted, evidenceOf as recorded } from './recorded.ts'

const template = parseSecureBootTemplate(uefiCa)
const revoked = template.dbx.flatMap(({ value }) => value)
const current = new Set(revoked.map(toHex))
const bytesOf = (signatures: readonly TemplateSignature[]) =>
  encode(SignatureDatabase, databaseOf(signatures))

/** The clean boot with Microsoft's keys, and the first of its revocations. */
function bootWith(count: number, db = template.db): Step[] {
  const dbx = [{ ...template.dbx[0]!, value: revoked.slice(0, count) }]
  const values = { KEK: template.KEK, db, dbx }
  return cleanBoot().map((step) => {
    const name = (['KEK', 'dbx', 'db'] as const).find((one) => isVariable(one)(step))
    if (name === undefined || step.component === 'shim' || step.component === 'Secure Boot')
      return step
    return configured(VARIABLES[name], bytesOf(values[name]))
  })
}

test('the revocations that dbx lacks are counted', () => {
  assert.equal(current.size, 443)
  for (const [held, missing] of [
    [443, 0],
    [440, 3],
    [1, 442],
  ] as const)
    assert.equal(missingRevocations(evidenceOf(bootWith(held)), current), missing)
})

test('a real boot with the variables of Debian’s package lacks them all', () => {
  assert.equal(missingRevocations(recorded(quoted, { eventLog, imaLog }), current), 443)
})

test('nothing is counted of a VM that trusts nothing of Microsoft’s, nor of evidence that does not hold', () => {
  assert.equal(missingRevocations(evidenceOf(cleanBoot()), current), null)
  const input = evidenceOf(bootWith(1))
  const nonce = new Uint8Array(32).fill(9)
  const expectation = { ...input.expectation, nonce }
  assert.equal(missingRevocations({ ...input, expectation }, current), null)
})
