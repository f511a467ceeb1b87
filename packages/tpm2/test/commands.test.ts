import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf } from '@trusted-launch/codec'
import {
  AK_CERT_NV,
  AK_HANDLE,
  AK_RSA2048,
  Clear,
  ClearControl,
  DictionaryAttackLockReset,
  DictionaryAttackParameters,
  EK_HANDLE,
  EK_RSA2048,
  EvictControl,
  encodePcrSelection,
  execute,
  FlushContext,
  GetCapability,
  GetRandom,
  HierarchyChangeAuth,
  NV_Read,
  NV_UndefineSpace,
  NV_Write,
  PCR_Allocate,
  PCR_Extend,
  password,
  ReadClock,
  ReadPublic,
  readPcrs,
  SelfTest,
  Shutdown,
  Startup,
  TPM_ALG,
  TPM_CAP,
  TPM_CC,
  TPM_NT,
  TPM_PT,
  TPM_RH,
  TPM_SU,
  TpmError,
  type Transport,
} from '../src/index.ts'
import { createPrimary, defineIndex } from './objects.ts'
import { startSwtpm, swtpmMissing } from './swtpm.ts'

const skip = swtpmMissing
const owner = { authHandle: TPM_RH.OWNER }
const refusedAs = (name: string, subject: string, index: number) => (e: unknown) => {
  assert.ok(e instanceof TpmError, String(e))
  assert.deepEqual([e.name, e.subject, e.index], [name, subject, index])
  return true
}

async function capability(tpm: Transport, kind: number, property: number, propertyCount: number) {
  const answer = await execute(tpm, GetCapability, { capability: kind, property, propertyCount })
  return answer.capabilityData
}

async function propertyOf(tpm: Transport, property: number): Promise<number> {
  const found = await capability(tpm, TPM_CAP.TPM_PROPERTIES, property, 1)
  assert.ok(found.capability === TPM_CAP.TPM_PROPERTIES)
  assert.equal(found.data[0]!.property, property)
  return found.data[0]!.value
}

test('the TPM knows every command of the table', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const codes = new Set<number>()
  for (let from = 0x11f; ; ) {
    const found = await capability(tpm, TPM_CAP.COMMANDS, from, 200)
    assert.ok(found.capability === TPM_CAP.COMMANDS)
    if (found.data.length === 0) break
    for (const attributes of found.data) codes.add(attributes & 0xffff)
    from = (found.data.at(-1)! & 0xffff) + 1
  }
  for (const code of Object.values(TPM_CC)) assert.ok(codes.has(code), nameOf(TPM_CC, code))
})

test('every capability of the table is read', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  for (const kind of Object.values(TPM_CAP)) {
    const found = await capability(tpm, kind, kind === TPM_CAP.HANDLES ? 0x4000_0000 : 0, 100)
    assert.equal(found.capability, kind)
    const empty = kind === TPM_CAP.AUDIT_COMMANDS || kind === TPM_CAP.PP_COMMANDS
    assert.ok(empty || found.data.length > 0, nameOf(TPM_CAP, kind))
  }
  assert.ok((await propertyOf(tpm, TPM_PT.NV_BUFFER_MAX)) >= 1024)
})

test('random bytes are many and differ', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  await execute(tpm, SelfTest, { fullTest: true })
  const first = await execute(tpm, GetRandom, { bytesRequested: 32 })
  const second = await execute(tpm, GetRandom, { bytesRequested: 32 })
  assert.equal(first.randomBytes.length, 32)
  assert.notDeepEqual(first, second)
})

test('a key made persistent is found again, and gone after it is evicted', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const { objectHandle, name } = await createPrimary(tpm, TPM_RH.ENDORSEMENT, EK_RSA2048)
  const evict = { auth: TPM_RH.OWNER, persistentHandle: EK_HANDLE }
  await execute(tpm, EvictControl, { ...evict, objectHandle })
  await execute(tpm, FlushContext, { flushHandle: objectHandle })
  const gone = refusedAs('TPM_RC_REFERENCE_H0', 'command', 0)
  await assert.rejects(execute(tpm, ReadPublic, { objectHandle }), gone)
  assert.deepEqual((await execute(tpm, ReadPublic, { objectHandle: EK_HANDLE })).name, name)
  await execute(tpm, EvictControl, { ...evict, objectHandle: EK_HANDLE })
  await assert.rejects(
    execute(tpm, ReadPublic, { objectHandle: EK_HANDLE }),
    refusedAs('TPM_RC_HANDLE', 'handle', 1),
  )
})

test('the AK comes back the same after TPM2_Clear, and the platform’s index stays', {
  skip,
}, async (t) => {
  const tpm = await startSwtpm(t)
  const before = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
  await execute(tpm, EvictControl, {
    auth: TPM_RH.OWNER,
    objectHandle: before.objectHandle,
    persistentHandle: AK_HANDLE,
  })
  await defineIndex(tpm, AK_CERT_NV, { type: TPM_NT.ORDINARY, dataSize: 4 })
  const index = { authHandle: TPM_RH.PLATFORM, nvIndex: AK_CERT_NV }
  await execute(tpm, NV_Write, { ...index, data: Uint8Array.of(1, 2, 3, 4), offset: 0 })
  await execute(tpm, Clear, { authHandle: TPM_RH.LOCKOUT })
  await assert.rejects(
    execute(tpm, ReadPublic, { objectHandle: AK_HANDLE }),
    refusedAs('TPM_RC_HANDLE', 'handle', 1),
  )
  const after = await createPrimary(tpm, TPM_RH.ENDORSEMENT, AK_RSA2048)
  assert.deepEqual(after.name, before.name)
  const { data } = await execute(tpm, NV_Read, { ...index, ...owner, size: 3, offset: 1 })
  assert.deepEqual(data, Uint8Array.of(2, 3, 4))
})

test('the owner cannot write or remove a platform index, the platform can', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const nvIndex = AK_CERT_NV
  await defineIndex(tpm, nvIndex, { type: TPM_NT.ORDINARY, dataSize: 4 })
  const denied = refusedAs('TPM_RC_NV_AUTHORIZATION', 'command', 0)
  const write = { nvIndex, data: Uint8Array.of(1), offset: 0 }
  await assert.rejects(execute(tpm, NV_Write, { ...owner, ...write }), denied)
  await assert.rejects(execute(tpm, NV_UndefineSpace, { ...owner, nvIndex }), denied)
  await execute(tpm, NV_UndefineSpace, { authHandle: TPM_RH.PLATFORM, nvIndex })
  await assert.rejects(
    execute(tpm, NV_Read, { ...owner, nvIndex, size: 1, offset: 0 }),
    refusedAs('TPM_RC_HANDLE', 'handle', 2),
  )
})

test('a wrong password is told by name, with the session it was in', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const newAuth = Uint8Array.of(1, 2, 3)
  await execute(tpm, HierarchyChangeAuth, { ...owner, newAuth })
  const change = (auth?: Uint8Array) =>
    execute(
      tpm,
      HierarchyChangeAuth,
      { ...owner, newAuth },
      auth === undefined ? [] : [password(auth)],
    )
  await assert.rejects(change(), refusedAs('TPM_RC_BAD_AUTH', 'session', 1))
  await assert.rejects(change(Uint8Array.of(9)), refusedAs('TPM_RC_BAD_AUTH', 'session', 1))
  await change(newAuth)
})

test('a wrong lockout password locks it, and a TPM can be kept from Clear', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const lockHandle = TPM_RH.LOCKOUT
  const limits = { newMaxTries: 7, newRecoveryTime: 600, lockoutRecovery: 86400 }
  await execute(tpm, DictionaryAttackParameters, { lockHandle, ...limits })
  await execute(tpm, DictionaryAttackLockReset, { lockHandle })
  assert.equal(await propertyOf(tpm, TPM_PT.MAX_AUTH_FAIL), 7)
  await execute(tpm, ClearControl, { auth: lockHandle, disable: true })
  const disabled = refusedAs('TPM_RC_DISABLED', 'command', 0)
  await assert.rejects(execute(tpm, Clear, { authHandle: lockHandle }), disabled)
  const wrong = execute(tpm, DictionaryAttackLockReset, { lockHandle }, [
    password(Uint8Array.of(1)),
  ])
  await assert.rejects(wrong, refusedAs('TPM_RC_AUTH_FAIL', 'session', 1))
  const locked = refusedAs('TPM_RC_LOCKOUT', 'command', 0)
  await assert.rejects(execute(tpm, DictionaryAttackLockReset, { lockHandle }), locked)
})

test('a parameter out of range is told by its number', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const startupType = 0x1234
  await assert.rejects(
    execute(tpm, Shutdown, { shutdownType: startupType }),
    refusedAs('TPM_RC_VALUE', 'parameter', 1),
  )
  const again = execute(tpm, Startup, { startupType: TPM_SU.CLEAR })
  await assert.rejects(again, refusedAs('TPM_RC_INITIALIZE', 'command', 0))
  await execute(tpm, Shutdown, { shutdownType: TPM_SU.CLEAR })
})

test('the clock counts milliseconds and resets', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const first = await execute(tpm, ReadClock, {})
  await new Promise((wake) => setTimeout(wake, 20))
  const { time, clockInfo } = (await execute(tpm, ReadClock, {})).currentTime
  assert.ok(time - first.currentTime.time >= 19n)
  assert.deepEqual([clockInfo.restartCount, clockInfo.safe], [0, true])
})

test('banks are chosen by PCR_Allocate, and the choice is not of now', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const answer = await execute(tpm, PCR_Allocate, {
    authHandle: TPM_RH.PLATFORM,
    pcrAllocation: [
      encodePcrSelection(TPM_ALG.SHA1, []),
      encodePcrSelection(TPM_ALG.SHA256, [...Array(24).keys()]),
    ],
  })
  assert.equal(answer.allocationSuccess, true)
  assert.equal((await readPcrs(tpm, TPM_ALG.SHA1, [0])).values.length, 1)
})

test('an extended PCR is read with all others in one reading', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  const all = [...Array(24).keys()]
  const before = await readPcrs(tpm, TPM_ALG.SHA384, all)
  await execute(tpm, PCR_Extend, {
    pcrHandle: 10,
    digests: [{ hashAlg: TPM_ALG.SHA384, digest: new Uint8Array(48).fill(1) }],
  })
  const after = await readPcrs(tpm, TPM_ALG.SHA384, all)
  assert.ok(after.pcrUpdateCounter > before.pcrUpdateCounter)
  const changed = all.filter(
    (i) => !Buffer.from(after.values[i]!.digest).equals(before.values[i]!.digest),
  )
  assert.deepEqual(changed, [10])
})

test('the count of updates does not see the PCRs of the debugger and the application', {
  skip,
}, async (t) => {
  const tpm = await startSwtpm(t)
  const before = await readPcrs(tpm, TPM_ALG.SHA256, [23])
  for (const pcrHandle of [16, 23])
    await execute(tpm, PCR_Extend, {
      pcrHandle,
      digests: [{ hashAlg: TPM_ALG.SHA256, digest: new Uint8Array(32) }],
    })
  const after = await readPcrs(tpm, TPM_ALG.SHA256, [23])
  assert.equal(after.pcrUpdateCounter, before.pcrUpdateCounter)
  assert.notDeepEqual(after.values, before.values)
})

test('a bank or a PCR that is not there is an error of its own', { skip }, async (t) => {
  const tpm = await startSwtpm(t)
  await assert.rejects(readPcrs(tpm, TPM_ALG.SM3_256, [0]), { code: /PCR_ABSENT|TPM/ })
  await assert.rejects(readPcrs(tpm, TPM_ALG.SHA256, [24]), RangeError)
})
