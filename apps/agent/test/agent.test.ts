import assert from 'node:assert/strict'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectEvidence, type EvidenceRequest, encodeFrame } from '@trusted-launch/channel'
import { decode, equalBytes, fromHex, toHex } from '@trusted-launch/codec'
import {
  AK_CERT_NV,
  AK_HANDLE,
  AK_RSA2048,
  Clear,
  CreatePrimary,
  EvictControl,
  execute,
  FlushContext,
  HierarchyChangeAuth,
  NV_DefineSpace,
  NV_Extend,
  NV_Write,
  PCR_Allocate,
  PCR_Extend,
  ROLLBACK_NV,
  TPM_ALG,
  TPM_CC,
  TPM_NT,
  TPM_RH,
  TPMA_NV,
  TPMS_ATTEST,
  TPMS_NV_PUBLIC,
  TPMT_PUBLIC,
  TPMT_SIGNATURE,
  type Transport,
} from '@trusted-launch/tpm2'
import { startAgent, toolsMissing } from './an-agent.ts'

const skip = { skip: toolsMissing }
const pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 23]
const none = new Uint8Array()

function request(more: Partial<EvidenceRequest> = {}): EvidenceRequest {
  return { nonce: randomBytes(32), pcrs, banks: ['sha256'], ...more }
}

/** The AK as the host provisions it. */
async function provisionAk(tpm: Transport): Promise<void> {
  const { objectHandle } = await execute(tpm, CreatePrimary, {
    primaryHandle: TPM_RH.ENDORSEMENT,
    inSensitive: { userAuth: none, data: none },
    inPublic: AK_RSA2048,
    outsideInfo: none,
    creationPCR: [],
  })
  const persistentHandle = AK_HANDLE
  await execute(tpm, EvictControl, { auth: TPM_RH.OWNER, objectHandle, persistentHandle })
  await execute(tpm, FlushContext, { flushHandle: objectHandle })
}

async function defineNv(tpm: Transport, nvIndex: number, dataSize: number, attributes: number) {
  const common = TPMA_NV.PPWRITE | TPMA_NV.PPREAD | TPMA_NV.OWNERREAD | TPMA_NV.AUTHREAD
  await execute(tpm, NV_DefineSpace, {
    authHandle: TPM_RH.PLATFORM,
    auth: none,
    publicInfo: {
      nvIndex,
      nameAlg: TPM_ALG.SHA256,
      attributes: common | TPMA_NV.NO_DA | TPMA_NV.PLATFORMCREATE | attributes,
      authPolicy: none,
      dataSize,
    },
  })
}

async function extendPcr(tpm: Transport, pcrHandle: number): Promise<void> {
  const digests = [{ hashAlg: TPM_ALG.SHA256, digest: randomBytes(32) }] as any
  await execute(tpm, PCR_Extend, { pcrHandle, digests })
}

/** RSASSA with SHA-256 over `attest` by the key of `akPublic`. By node:crypto alone. */
function signedBy(akPublic: Uint8Array, attest: Uint8Array, signature: Uint8Array): boolean {
  const { unique } = decode(TPMT_PUBLIC, akPublic) as { unique: Uint8Array }
  const n = Buffer.from(unique).toString('base64url')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e: 'AQAB' } })
  const { sig } = decode(TPMT_SIGNATURE, signature).signature as { sig: Uint8Array }
  return verify('sha256', attest, key, sig)
}

const hashOf = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

test(
  'quotes of two banks verify, carry the nonce and hash to the PCR values beside them',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await provisionAk(agent.tpm)
    await extendPcr(agent.tpm, 7)
    const asked = request({ banks: ['sha256', 'sha384'] })
    const { quotes, akPublic, ...rest } = await collectEvidence(agent.ask, asked)
    assert.deepEqual(
      quotes.map(({ bank }) => bank),
      ['sha256', 'sha384'],
    )
    for (const { attest, signature, pcrs: values } of quotes) {
      assert.ok(signedBy(akPublic, attest, signature))
      const quoted = decode(TPMS_ATTEST, attest) as any
      assert.deepEqual(Buffer.from(quoted.extraData), asked.nonce)
      assert.deepEqual(
        values.map(({ index }) => index),
        pcrs,
      )
      const digest = hashOf(...values.map((value) => value.digest))
      assert.equal(toHex(quoted.attested.pcrDigest), toHex(digest))
    }
    assert.notEqual(toHex(quotes[0]!.pcrs[7]!.digest), '00'.repeat(32))
    const { eventLog, imaLog, userspaceLog, akCertificate, rollback } = rest
    assert.deepEqual([eventLog, imaLog, userspaceLog, akCertificate, rollback], Array(5).fill(null))
  },
)

test(
  'the same key comes again after EvictControl and after TPM2_Clear, and is persisted',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await provisionAk(agent.tpm)
    const publicNow = async () => (await agent.ask('evidence', request())).akPublic
    const before = await publicNow()
    await execute(agent.tpm, EvictControl, {
      auth: TPM_RH.OWNER,
      objectHandle: AK_HANDLE,
      persistentHandle: AK_HANDLE,
    })
    assert.deepEqual(await publicNow(), before)
    await execute(agent.tpm, Clear, { authHandle: TPM_RH.LOCKOUT })
    const made: number[] = []
    agent.onCommand = async (code) => void made.push(code)
    assert.deepEqual(await publicNow(), before)
    assert.ok(made.includes(TPM_CC.CreatePrimary) && made.includes(TPM_CC.EvictControl))
    made.length = 0
    assert.deepEqual(await publicNow(), before)
    assert.ok(!made.includes(TPM_CC.CreatePrimary))
  },
)

test(
  'with endorsementAuth set a persistent key still quotes; a lost one is ak-unavailable',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await provisionAk(agent.tpm)
    await setAuth(agent.tpm, TPM_RH.ENDORSEMENT)
    assert.equal((await agent.ask('evidence', request())).quotes.length, 1)
    await execute(agent.tpm, EvictControl, {
      auth: TPM_RH.OWNER,
      objectHandle: AK_HANDLE,
      persistentHandle: AK_HANDLE,
    })
    await assert.rejects(agent.ask('evidence', request()), {
      name: 'AgentError',
      code: 'ak-unavailable',
      detail: /TPM_RC_BAD_AUTH/,
    })
    assert.match((await agent.ask('info', null)).kernelRelease, /\d/)
  },
)

function setAuth(tpm: Transport, authHandle: number): Promise<unknown> {
  return execute(tpm, HierarchyChangeAuth, { authHandle, newAuth: fromHex('aabbcc') })
}

test(
  'with ownerAuth set the key is made again and used without being persisted',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await setAuth(agent.tpm, TPM_RH.OWNER)
    const first = await agent.ask('evidence', request())
    let made = 0
    agent.onCommand = async (code) => {
      if (code === TPM_CC.CreatePrimary) made++
    }
    const second = await agent.ask('evidence', request())
    assert.deepEqual(second.akPublic, first.akPublic)
    assert.equal(made, 0)
  },
)

test("a foreign key at the AK's handle is left alone and not used", skip, async (t) => {
  const agent = await startAgent(t)
  const ours = (await agent.ask('evidence', request())).akPublic
  const there = { auth: TPM_RH.OWNER, persistentHandle: AK_HANDLE }
  await execute(agent.tpm, EvictControl, { ...there, objectHandle: AK_HANDLE })
  const { objectHandle } = await execute(agent.tpm, CreatePrimary, {
    primaryHandle: TPM_RH.OWNER,
    inSensitive: { userAuth: none, data: none },
    inPublic: {
      ...AK_RSA2048,
      objectAttributes: AK_RSA2048.objectAttributes & ~0x0001_0000,
    } as any,
    outsideInfo: none,
    creationPCR: [],
  })
  await execute(agent.tpm, EvictControl, { ...there, objectHandle })
  assert.deepEqual((await agent.ask('evidence', request())).akPublic, ours)
})

test(
  'a PCR that changes between reading and quoting makes the agent quote again',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await provisionAk(agent.tpm)
    for (const pcr of [10, 23]) {
      let quoted = 0
      agent.onCommand = async (code) => {
        if (code === TPM_CC.Quote && ++quoted <= 2) await extendPcr(agent.tpm, pcr)
      }
      const { quotes } = await agent.ask('evidence', request())
      assert.equal(quoted, 3)
      const values = quotes[0]!.pcrs.map(({ digest }) => digest)
      const attest = decode(TPMS_ATTEST, quotes[0]!.attest) as any
      assert.equal(toHex(attest.attested.pcrDigest), toHex(hashOf(...values)))
    }
    agent.onCommand = async (code) => {
      if (code === TPM_CC.Quote) await extendPcr(agent.tpm, 10)
    }
    await assert.rejects(agent.ask('evidence', request()), { code: 'pcrs-unstable' })
  },
)

test(
  'the rollback index is extended by the nonce and certified over it, with ownerAuth set too',
  skip,
  async (t) => {
    const agent = await startAgent(t)
    await provisionAk(agent.tpm)
    await assert.rejects(agent.ask('rollback', { extendNonce: randomBytes(32) }), {
      code: 'rollback-unavailable',
    })
    await defineNv(agent.tpm, ROLLBACK_NV, 32, TPM_NT.EXTEND | TPMA_NV.AUTHWRITE)
    const start = randomBytes(32)
    const index = { authHandle: ROLLBACK_NV, nvIndex: ROLLBACK_NV }
    await execute(agent.tpm, NV_Extend, { ...index, data: start })
    await setAuth(agent.tpm, TPM_RH.OWNER)
    const extendNonce = randomBytes(32)
    const { rollback, akPublic } = await agent.ask('evidence', request({ extendNonce }))
    const { nvPublic, attest, signature } = rollback!
    assert.ok(signedBy(akPublic, attest, signature))
    const certified = decode(TPMS_ATTEST, attest) as any
    assert.deepEqual(Buffer.from(certified.extraData), extendNonce)
    const expected = hashOf(hashOf(new Uint8Array(32), start), extendNonce)
    assert.equal(toHex(certified.attested.nvContents), toHex(expected))
    assert.equal(decode(TPMS_NV_PUBLIC, nvPublic).nvIndex, ROLLBACK_NV)
  },
)

test("the AK's certificate comes out of NV without what pads it", skip, async (t) => {
  const agent = await startAgent(t)
  await defineNv(agent.tpm, AK_CERT_NV, 1300, 0)
  const der = Buffer.concat([fromHex('30820400'), randomBytes(1024)])
  for (let offset = 0; offset < 1300; offset += 650) {
    const data = Buffer.concat([der, Buffer.alloc(1300)]).subarray(offset, offset + 650)
    const index = { authHandle: TPM_RH.PLATFORM, nvIndex: AK_CERT_NV }
    await execute(agent.tpm, NV_Write, { ...index, data, offset })
  }
  const { certificate } = await agent.ask('akCertificate', null)
  assert.ok(equalBytes(certificate!, der))
})

test(
  'logs come whole, also when one is read out of order or grows, and an absent one is null',
  skip,
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'agent-logs-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const imaLog = join(directory, 'ima')
    const eventLog = join(directory, 'events')
    const long = randomBytes(150_001)
    writeFileSync(imaLog, long)
    writeFileSync(eventLog, long.subarray(0, 20_000))
    const agent = await startAgent(t, { imaLog, eventLog })
    const evidence = await collectEvidence(agent.ask, request())
    assert.ok(equalBytes(evidence.imaLog!, long))
    assert.ok(equalBytes(evidence.eventLog!, long.subarray(0, 20_000)))
    const part = (offset: number) => agent.ask('log', { log: 'imaLog', offset, sizeBytes: 100 })
    assert.ok(equalBytes((await part(50_000)).bytes, long.subarray(50_000, 50_100)))
    assert.ok(equalBytes((await part(0)).bytes, long.subarray(0, 100)))
    writeFileSync(imaLog, randomBytes(50), { flag: 'a' })
    assert.equal((await part(150_001)).bytes.length, 50)
    const absent = agent.ask('log', { log: 'userspaceLog', offset: 0, sizeBytes: 1 })
    await assert.rejects(absent, { code: 'log-unavailable' })
  },
)

test('an unknown question and a malformed one are answered by name', skip, async (t) => {
  const agent = await startAgent(t)
  await agent.ask('info', null)
  agent.conversation.end(new Error('now by hand'))
  const answers: Buffer[] = []
  agent.port.removeAllListeners('data').on('data', (chunk) => answers.push(chunk))
  agent.port.write(encodeFrame({ type: 99, id: 5, payload: none }))
  agent.port.write(encodeFrame({ type: 2, id: 6, payload: fromHex('00') }))
  while (Buffer.concat(answers).length < 60) await new Promise((wake) => setTimeout(wake, 10))
  assert.match(Buffer.concat(answers).toString('latin1'), /unsupported[\s\S]*malformed-question/)
})

test('a bank that the TPM does not have is bank-unavailable', skip, async (t) => {
  const agent = await startAgent(t)
  const pcrSelect = Uint8Array.of(255, 255, 255)
  const banks = [TPM_ALG.SHA1, TPM_ALG.SHA256, TPM_ALG.SHA384, TPM_ALG.SHA512]
  const pcrAllocation = banks.map((hash) => ({
    hash,
    pcrSelect: hash === TPM_ALG.SHA256 ? pcrSelect : new Uint8Array(3),
  }))
  await execute(agent.tpm, PCR_Allocate, { authHandle: TPM_RH.PLATFORM, pcrAllocation })
  await agent.tpm.restart()
  assert.equal((await agent.ask('evidence', request())).quotes.length, 1)
  await assert.rejects(agent.ask('evidence', request({ banks: ['sha256', 'sha384'] })), {
    code: 'bank-unavailable',
    detail: /sha384/,
  })
})

test('a TPM that is gone is tpm-missing, and everything else is answered', skip, async (t) => {
  const agent = await startAgent(t)
  await agent.ask('evidence', request())
  ;(agent.child.stdio[4] as Socket).destroy()
  await assert.rejects(agent.ask('evidence', request()), { code: 'tpm-missing' })
  assert.match((await agent.ask('info', null)).bootId, /^[0-9a-f-]{36}$/)
})

test('a host that breaks the framing gets the port closed', skip, async (t) => {
  for (const bytes of [fromHex('ffffffff'), fromHex('00000401'), fromHex('0000000602')]) {
    const agent = await startAgent(t)
    await agent.ask('info', null)
    const closed = once(agent.port, 'close')
    agent.port.write(bytes)
    await closed
    assert.equal(agent.child.exitCode, null)
  }
})

test(
  'of the kernel’s log only what the kernel itself said of modules is handed out, the newest 32 lines',
  skip,
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'agent-logs-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const kernelLog = join(directory, 'kmsg')
    const refused = 'Loading of unsigned module is rejected'
    const tainted = (i: number) =>
      `mod${i}: module verification failed: signature and/or required key missing - tainting kernel`
    writeFileSync(
      kernelLog,
      [
        '6,1,100,-;Linux version 6.1.0',
        `12,2,101,-;${refused}, says a program that writes to the log`,
        `5,3,102,-;${refused}`,
        ' SUBSYSTEM=module, taints kernel',
        `taints kernel`,
        ...Array.from({ length: 32 }, (_, i) => `4,${4 + i},103,-,caller=T1;${tainted(i)}`),
        '4,90,104,-;evil: loading out-of-tree module taints kernel.\u001b[2J',
        '',
      ].join('\n'),
    )
    const agent = await startAgent(t, { kernelLog })
    const { lines } = await agent.ask('moduleMessages', null)
    assert.equal(lines.length, 32)
    assert.deepEqual([lines[0], lines.at(-2)], [tainted(1), tainted(31)])
    assert.equal(lines.at(-1), 'evil: loading out-of-tree module taints kernel. [2J')
    appendFileSync(kernelLog, `5,91,105,-;${refused}\n`)
    const later = await agent.ask('moduleMessages', null)
    assert.deepEqual([later.lines.length, later.lines.at(-1)], [32, refused])
    assert.equal(later.lines.at(-2), lines.at(-1))
    const without = await startAgent(t)
    await assert.rejects(without.ask('moduleMessages', null), { code: 'log-unavailable' })
  },
)

test(
  'resident memory stays at most 1.2 MB while quotes and logs are handed out',
  skip,
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'agent-logs-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const eventLog = join(directory, 'events')
    writeFileSync(eventLog, randomBytes(20_000))
    const agent = await startAgent(t, { eventLog })
    await provisionAk(agent.tpm)
    for (let i = 0; i < 10; i++) await collectEvidence(agent.ask, request())
    const { residentKiB } = await agent.ask('info', null)
    t.diagnostic(`${residentKiB} KiB resident`)
    assert.ok(residentKiB > 0 && residentKiB * 1024 <= 1_200_000, `${residentKiB} KiB`)
  },
)
