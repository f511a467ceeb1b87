import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, MalformedError, toLatin1, toUtf8 } from '@trusted-launch/codec'
import { checkDecoder } from '@trusted-launch/codec/check'
import { toBase64url } from '@trusted-launch/crypto'
import { plainVariable, VARIABLES, VariableStore } from '@trusted-launch/uefi'
import {
  type HostStatement,
  signHostStatement,
  statedVariables,
  verifyHostStatement,
} from '../src/memory/host-statement.ts'
import { signTokensWith } from '../src/token/token.ts'
import { signingKey } from './issuer.ts'

const key = signingKey()
const store = new VariableStore([
  plainVariable(VARIABLES.db, Uint8Array.of(1, 2, 3)),
  plainVariable(VARIABLES.SecureBootEnable, Uint8Array.of(1)),
])
const statement: HostStatement = {
  version: 1,
  type: 'trusted-launch.host-statement',
  host: 'host-1',
  vm: 'vm-1',
  generation: 1,
  started: 1000,
  resets: 4,
  ekSha256: '11'.repeat(32),
  akName: `000b${'22'.repeat(32)}`,
  firmwareSha256: '33'.repeat(32),
  variables: statedVariables(store),
  vtpmStateEncrypted: true,
  qemuArgsSha256: '44'.repeat(32),
  qemuVersion: '7.2.0',
  swtpmVersion: '0.7.1',
}
const signed = (changes: object = {}, by = key) =>
  signHostStatement({ ...statement, ...changes }, by.publicKey, signTokensWith(by))
const verdict = (text: string | null, started: number | null = 1000) =>
  verifyHostStatement(text, key.publicKey, statement, started)
const told = (text: string | null, started?: number | null) =>
  verdict(text, started).findings.map(({ id }) => id)

test('a host that runs what was asked for says so, signed', () => {
  assert.deepEqual(verdict(signed()), { statement, findings: [] })
})

test('every part of a statement that differs from what was asked for is named', () => {
  const variables = (name: string) => ({
    variables: { ...statement.variables, [name]: '55'.repeat(32) },
  })
  for (const [changes, id] of [
    [{ vm: 'vm-2' }, 'host.vm'],
    [{ generation: 2 }, 'host.identity'],
    [{ ekSha256: '55'.repeat(32) }, 'host.identity'],
    [{ akName: `000b${'55'.repeat(32)}` }, 'host.identity'],
    [{ firmwareSha256: '55'.repeat(32) }, 'host.firmware'],
    [{ qemuArgsSha256: '55'.repeat(32) }, 'host.machine'],
    [{ vtpmStateEncrypted: false }, 'host.vtpm.unencrypted'],
    ...Object.keys(statement.variables).map((name) => [variables(name), 'host.variables'] as const),
  ] as const)
    assert.deepEqual(told(signed(changes)), [id], JSON.stringify(changes))
})

test('variables are stated as they are decoded: one that is absent is not one that is empty', () => {
  const { db, PK, SecureBootEnable } = statement.variables
  assert.equal(PK, null)
  assert.notEqual(db, SecureBootEnable)
  assert.notEqual(
    statedVariables(store.with(plainVariable(VARIABLES.PK, new Uint8Array()))).PK,
    null,
  )
})

test('a statement of another start, of nobody, or by another key is not believed', () => {
  assert.deepEqual(told(signed(), 1001), ['host.statement.stale'])
  assert.deepEqual(told(signed(), null), [])
  assert.deepEqual(told(null), ['host.statement.missing'])
  assert.deepEqual(told(signed({}, signingKey())), ['host.statement.signature'])
  assert.equal(verdict(signed({}, signingKey())).statement, null)
})

test('a statement is one only when all of it is there and nothing else, though it is signed', () => {
  for (const changes of [
    { version: 2 },
    { more: 1 },
    { vm: undefined },
    { type: 'trusted-launch.appraisal-record' },
    { variables: {} },
    { firmwareSha256: '33' },
  ])
    assert.deepEqual(told(signed(changes)), ['host.statement.malformed'], JSON.stringify(changes))
  const [, body] = signed().split('.')
  const token = toBase64url(toUtf8(JSON.stringify({ alg: 'ES256', kid: 'a', typ: 'JWT' })))
  const text = `${token}.${body}`
  const forged = `${text}.${toBase64url(signTokensWith(key)(toUtf8(text)))}`
  assert.deepEqual(told(forged), ['host.statement.malformed'])
})

test('a statement cut short or changed is refused, and nothing else is raised', () => {
  const read = (bytes: Uint8Array) => {
    const { statement } = verdict(toLatin1(bytes))
    if (statement === null) throw new MalformedError('', 0, 'refused')
  }
  checkDecoder(read, { statement: fromLatin1(signed()) })
})
