import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ChannelError, Conversation } from '@trusted-launch/channel'
import { execute, PCR_Extend, TPM_ALG, type Transport } from '@trusted-launch/tpm2'
import { serveDevice, startSwtpm, toolsMissing } from './an-agent.ts'
import { guestProgram } from './guest-programs.ts'

const skip = { skip: toolsMissing }
const MiB = 1024 * 1024

async function placed(t: TestContext, name: 'hostile' | 'vault'): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'guest-program-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, name)
  writeFileSync(path, await guestProgram(name), { mode: 0o700 })
  return path
}

async function vault(path: string, tpm: Transport): Promise<string> {
  const child = spawn(path, ['fd:3'], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  serveDevice(child.stdio[3] as Socket, tpm)
  let said = ''
  child.stdout!.on('data', (chunk) => {
    said += chunk
  })
  await once(child, 'close')
  return said.trim()
}

test(
  'vault: a secret sealed to PCR 4 and 7 opens again, until one of them changes',
  skip,
  async (t) => {
    const path = await placed(t, 'vault')
    const tpm = await startSwtpm(t)
    const sealed = /^vault: sealed ([0-9a-f]{64})$/.exec(await vault(path, tpm))
    for (let i = 0; i < 4; i++) assert.equal(await vault(path, tpm), `vault: opened ${sealed![1]}`)
    const digests = [{ hashAlg: TPM_ALG.SHA256, digest: randomBytes(32) }] as any
    await execute(tpm, PCR_Extend, { pcrHandle: 4, digests })
    assert.match(await vault(path, tpm), /^vault: refused TPM_RC_POLICY_FAIL/)
  },
)

const SILENCE_MS = 400

/** One question to the hostile program, on a connection that ends with the first fault. */
async function askHostile(path: string, attack: number): Promise<string> {
  const child = spawn(path, ['fd:3', String(attack)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const port = child.stdio[3] as Socket
  const conversation = new Conversation((bytes) => port.write(bytes), randomInt(2 ** 32))
  port.on('error', () => {})
  port.on('data', (chunk) => {
    try {
      conversation.receive(chunk)
    } catch {
      port.destroy()
    }
  })
  const late = () => conversation.end(new ChannelError('answer-late', `${SILENCE_MS} ms`))
  const timer = setTimeout(late, SILENCE_MS)
  try {
    await conversation.ask('info', null)
    return 'answered'
  } catch (e) {
    assert.ok(e instanceof ChannelError, `${e}`)
    return e.code
  } finally {
    clearTimeout(timer)
    port.destroy()
    child.kill('SIGKILL')
  }
}

test(
  'hostile: every attack ends in a typed error, and this side grows by at most 8 MiB',
  skip,
  async (t) => {
    const path = await placed(t, 'hostile')
    await askHostile(path, 0)
    const before = process.memoryUsage.rss()
    const met: string[] = []
    for (let attack = 0; attack < 8; attack++) met.push(await askHostile(path, attack))
    assert.deepEqual(met, [
      'frame-too-long',
      'answer-unasked',
      'answer-late',
      'frame-too-short',
      'answer-mismatched',
      'answer-malformed',
      'answer-malformed',
      'answer-late',
    ])
    const grown = process.memoryUsage.rss() - before
    t.diagnostic(`${(grown / MiB).toFixed(1)} MiB`)
    assert.ok(grown <= 8 * MiB, `${grown} bytes`)
  },
)
