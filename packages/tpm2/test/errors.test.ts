import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResponseCode, TpmError } from '../src/index.ts'

// TPM 2.0 Part 2, 6.6.2: the codes are those met with swtpm, and some made by hand.
const codes: Record<number, [string, string, number]> = {
  30: ['TPM_RC_BAD_TAG', 'command', 0],
  256: ['TPM_RC_INITIALIZE', 'command', 0],
  303: ['TPM_RC_AUTH_UNAVAILABLE', 'command', 0],
  329: ['TPM_RC_NV_AUTHORIZATION', 'command', 0],
  2337: ['TPM_RC_LOCKOUT', 'command', 0],
  2320: ['TPM_RC_REFERENCE_H0', 'command', 0],
  2446: ['TPM_RC_AUTH_FAIL', 'session', 1],
  2466: ['TPM_RC_BAD_AUTH', 'session', 1],
  2717: ['TPM_RC_POLICY_FAIL', 'session', 2],
  395: ['TPM_RC_HANDLE', 'handle', 1],
  725: ['TPM_RC_SIZE', 'parameter', 2],
  4036: ['TPM_RC_VALUE', 'parameter', 15],
  132: ['TPM_RC_VALUE', 'handle', 0],
  383: ['TPM_RC(0x017f)', 'command', 0],
  447: ['TPM_RC(0x00bf)', 'handle', 1],
  721219: ['TPM_RC(0xb0143)', 'command', 0],
}

test('a response code names the fault and what it is about', () => {
  for (const [rc, [name, subject, index]] of Object.entries(codes))
    assert.deepEqual(parseResponseCode(Number(rc)), { name, subject, index }, `rc ${rc}`)
})

test('every code of twelve bits and some of 32 is taken apart', () => {
  for (const rc of [...Array(0x1000).keys(), 0xffff_ffff, 0x8000_0000]) {
    const { name, index } = parseResponseCode(rc)
    assert.ok(name.startsWith('TPM_RC') && index >= 0 && index <= 15, `${rc} ${name}`)
  }
})

test('a refusal reads as a sentence', () => {
  const e = new TpmError('Quote', 0x9a2)
  assert.equal(e.message, 'TPM2_Quote: TPM_RC_BAD_AUTH about session 1 (0x9a2)')
  assert.deepEqual([e.code, e.rc, e.command], ['TPM', 0x9a2, 'Quote'])
  assert.equal(new TpmError('Clear', 0x120).message, 'TPM2_Clear: TPM_RC_DISABLED (0x120)')
})
