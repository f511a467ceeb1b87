import assert from 'node:assert/strict'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { AgentError, ChannelError } from '@trusted-launch/channel'
import { decode, toHex } from '@trusted-launch/codec'
import { buildImage, buildSmall, type Machine, openHost } from '@trusted-launch/host'
import { TPMS_ATTEST, TPMT_PUBLIC, TPMT_SIGNATURE } from '@trusted-launch/tpm2'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const root = join(import.meta.dirname, '../..')
const cacheDirectory = join(root, '.cache')
const pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 23]
const MiB = 1024 * 1024
const BOOT_MS = 180_000
const ANSWER_MS = 3_000
/** The hostile program's attacks, one after the other. */
const ATTACKS = 8

/** How each attack is to end; one may meet what the one before left in the port. */
const FAULTS = [
  'frame-too-long',
  'frame-too-short',
  'frame-version',
  'answer-unasked',
  'answer-mismatched',
  'answer-malformed',
  'answer-late',
]

/** The AK on record signed these PCR values over this nonce. By node:crypto alone. */
async function attest(machine: Machine): Promise<void> {
  const nonce = randomBytes(32)
  const evidence = await machine.collectEvidence({ nonce, pcrs, banks: ['sha256'] })
  const [quote] = evidence.quotes
  assert.equal(toHex(evidence.akPublic), toHex(machine.identity!.akPublic))
  const { unique } = decode(TPMT_PUBLIC, machine.identity!.akPublic) as { unique: Uint8Array }
  const n = Buffer.from(unique).toString('base64url')
  const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e: 'AQAB' } })
  const { sig } = decode(TPMT_SIGNATURE, quote!.signature).signature as { sig: Uint8Array }
  assert.ok(verify('sha256', quote!.attest, key, sig))
  const { extraData, attested } = decode(TPMS_ATTEST, quote!.attest) as any
  assert.deepEqual(Buffer.from(extraData), nonce)
  const digest = createHash('sha256')
  for (const pcr of quote!.pcrs) digest.update(pcr.digest)
  assert.equal(toHex(attested.pcrDigest), digest.digest('hex'))
  assert.ok(evidence.eventLog!.length > 10_000)
}

/** Asks the hostile guest; answers how it went wrong. */
async function meet(machine: Machine, timeoutMs = ANSWER_MS): Promise<string> {
  try {
    await machine.channel.ask('info', null, timeoutMs)
  } catch (e) {
    assert.ok(e instanceof ChannelError || e instanceof AgentError, `a typed error, not ${e}`)
    return e.code
  }
  return assert.fail('the hostile guest answered')
}

async function meetAll(machine: Machine): Promise<string[]> {
  const met: string[] = []
  for (let i = 0; i < ATTACKS; i++) met.push(await meet(machine))
  return met
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function residentBytes(): number {
  collectGarbage()
  return process.memoryUsage.rss()
}

test('a hostile guest gets typed errors and 8 MiB at most, while another VM is attested', async (t) => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'hostile-guest-'))
  const host = await openHost({ stateDirectory })
  t.after(async () => {
    for (const machine of host.machines()) await machine.delete()
    await host.close()
    rmSync(stateDirectory, { recursive: true, force: true })
  })
  const template = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
  const signatures = parseSecureBootTemplate(JSON.parse(readFileSync(template, 'utf8')))
  const start = async (id: string, path: string) => {
    const disk = { path, format: 'raw' as const }
    const spec = {
      memoryMiB: 512,
      vcpus: 1,
      secureBoot: true,
      vtpm: { banks: ['sha256' as const] },
    }
    const machine = await host.create({ id, name: id, disk, signatures, ...spec })
    await machine.start()
    return machine
  }
  const hostileImage = await buildSmall({ cacheDirectory, agent: await guestProgram('hostile') })
  const hostile = await start('hostile', hostileImage.path)
  const good = await start('good', (await buildImage('small', { cacheDirectory })).path)
  const [first] = await Promise.all([meet(hostile, BOOT_MS), good.waitForAgent(BOOT_MS)])
  assert.ok(FAULTS.includes(first))
  await Promise.all([meetAll(hostile), attest(good)])

  const before = residentBytes()
  const met: string[] = []
  let most = before
  let attested = 0
  for (let round = 0; round < 2; round++) {
    let fighting = true
    const fight = meetAll(hostile).finally(() => {
      fighting = false
    })
    while (fighting) {
      await attest(good)
      attested++
      most = Math.max(most, residentBytes())
    }
    met.push(...(await fight))
  }
  t.diagnostic(
    `${met.join(' ')}; ${attested} attestations; ${((most - before) / MiB).toFixed(1)} MiB`,
  )
  for (const code of met) assert.ok(FAULTS.includes(code), code)
  for (const code of ['frame-too-long', 'answer-unasked', 'answer-malformed', 'answer-late'])
    assert.ok(met.includes(code), `${code} was seen`)
  assert.ok(attested > 10)
  assert.ok(most - before <= 8 * MiB, `${most - before} bytes`)
})
