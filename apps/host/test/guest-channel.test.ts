import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  AgentError,
  ChannelError,
  encodeAgentError,
  encodeAnswer,
  encodeFrame,
  FRAME_BYTES_MAX,
  FrameReader,
} from '@trusted-launch/channel'
import { guest as answering, evidence } from '../../../packages/channel/test/a-guest.ts'
import { GuestChannel } from '../src/guest-channel.ts'

const folder = mkdtempSync(join(tmpdir(), 'tl-channel-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let sockets = 0

/** A guest of ours: does as told whenever the host says something. */
async function guest(
  t: TestContext,
  onData: (to: Socket, data: Uint8Array) => void,
  onAnswer = () => {},
) {
  const path = join(folder, `port-${++sockets}`)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => onData(socket, data))
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const channel = new GuestChannel({ path: () => path, answerMs: 300, evidenceMs: 600, onAnswer })
  t.after(() => {
    channel.close()
    for (const socket of open) socket.destroy()
    server.close()
  })
  return channel
}

const ask = (channel: GuestChannel) => channel.ask('akCertificate', undefined as never)
const code = (expected: string) => (e: unknown) => e instanceof ChannelError && e.code === expected

/** Answers one question well: the agent has no certificate. */
function answerWell(to: Socket, data: Uint8Array): void {
  for (const { id } of new FrameReader().read(data))
    to.write(encodeAnswer(id, 'akCertificate', { certificate: null }))
}

function answerNone(to: Socket, data: Uint8Array): void {
  for (const { id } of new FrameReader().read(data))
    to.write(encodeAgentError(id, new AgentError('ak-unavailable', 'none')))
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !condition(); i++) await sleep(20)
  assert.ok(condition())
}

test('an answer arrives', async (t) => {
  const channel = await guest(t, answerWell)
  assert.deepEqual(await ask(channel), { certificate: null })
})

test('an answer is told of, that the agent has none too, and silence is not', async (t) => {
  let told = 0
  const answers = [answerWell, answerNone, () => {}]
  const channel = await guest(
    t,
    (to, data) => answers.shift()!(to, data),
    () => told++,
  )
  await ask(channel)
  assert.equal(told, 1)
  await assert.rejects(ask(channel), { code: 'ak-unavailable' })
  assert.equal(told, 2)
  await assert.rejects(ask(channel), code('answer-late'))
  assert.equal(told, 2)
})

test('the host is at the port before it asks, and no port yet is no fault', async (t) => {
  const path = join(folder, `port-${++sockets}`)
  const channel = new GuestChannel({ path: () => path })
  t.after(() => channel.close())
  await channel.connect()
  const server = createServer((socket) => {
    socket.on('data', (data) => answerWell(socket, data))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const comes = once(server, 'connection', { signal: AbortSignal.timeout(5_000) })
  await channel.connect()
  await comes
  await ask(channel)
})

test('silence is an error in time, and the next question goes over a new connection', async (t) => {
  let questions = 0
  const channel = await guest(t, (to, data) => {
    if (questions++ > 0) answerWell(to, data)
  })
  await assert.rejects(ask(channel), code('answer-late'))
  assert.deepEqual(await ask(channel), { certificate: null })
})

test("one caller's impatience fails nobody else's question, and a late answer is nobody's", async (t) => {
  const connections = new Set<Socket>()
  const channel = await guest(t, (to, data) => {
    connections.add(to)
    setTimeout(() => answerWell(to, data), 150)
  })
  const patient = ask(channel)
  const impatient = channel.ask('akCertificate', undefined as never, 50)
  await assert.rejects(impatient, code('answer-late'))
  assert.deepEqual(await patient, { certificate: null })
  assert.deepEqual(await ask(channel), { certificate: null })
  assert.equal(connections.size, 1)
})

test('half a frame and then nothing is an error in time', async (t) => {
  const channel = await guest(t, (to) => to.write(Uint8Array.of(0, 0, 1, 0, 1)))
  await assert.rejects(ask(channel), code('answer-late'))
})

test('a length of 4 GiB is refused before anything is set aside', async (t) => {
  const channel = await guest(t, (to) => to.write(Uint8Array.of(255, 255, 255, 255)))
  await assert.rejects(ask(channel), code('frame-too-long'))
})

test('answers to questions never asked end the connection', async (t) => {
  const unasked = encodeFrame({ type: 0x84, id: 1, payload: new Uint8Array() })
  const channel = await guest(t, (to) => {
    for (let i = 0; i < 20; i++) to.write(unasked)
  })
  await assert.rejects(ask(channel), code('answer-unasked'))
})

test('a flood ends the connection, and the host holds none of it', async (t) => {
  const flood = new Uint8Array(1 << 20).fill(0x41)
  const channel = await guest(t, (to) => {
    const more = () => to.destroyed || to.write(flood, more)
    more()
  })
  const before = process.memoryUsage().rss
  for (let i = 0; i < 2; i++) await assert.rejects(ask(channel), code('frame-too-long'))
  assert.ok(process.memoryUsage().rss - before < 32 << 20)
})

test('a port that is not there is closed', async () => {
  const channel = new GuestChannel({ path: () => join(folder, 'missing') })
  await assert.rejects(ask(channel), code('channel-closed'))
  const link = () => {
    throw new Error('a link')
  }
  await assert.rejects(ask(new GuestChannel({ path: link })), code('channel-closed'))
})

/** Milliseconds a question takes until it fails with `expected`. */
async function failsIn(asked: Promise<unknown>, expected: string): Promise<number> {
  const begun = performance.now()
  await assert.rejects(asked, code(expected))
  return performance.now() - begun
}

test('one byte at a time, for ever, is an error in time', async (t) => {
  const frame = encodeFrame({ type: 0x81, id: 1, payload: new Uint8Array(60_000) })
  const channel = await guest(t, (to) => {
    let at = 0
    const timer = setInterval(() => to.write(frame.subarray(at, ++at)), 20)
    to.once('close', () => clearInterval(timer))
  })
  assert.ok((await failsIn(ask(channel), 'answer-late')) < 3_000)
})

test('every answer just in time does not make the whole evidence late without end', async (t) => {
  const answers = answering({ ...evidence, imaLog: new Uint8Array(1 << 20) })
  const channel = await guest(t, (to, data) => {
    for (const answer of answers(data)) setTimeout(() => to.write(answer), 150)
  })
  const request = { nonce: new Uint8Array(32), pcrs: [0], banks: ['sha256' as const] }
  assert.ok((await failsIn(channel.collectEvidence(request), 'answer-late')) < 3_000)
})

test('answers of the greatest size over and over end the connection at the first unasked', async (t) => {
  const frame = (id: number) =>
    encodeFrame({ type: 0x81, id, payload: new Uint8Array(FRAME_BYTES_MAX - 6) })
  let sent = 0
  const channel = await guest(t, (to) => {
    const more = () => to.destroyed || to.write(frame(++sent), more)
    more()
  })
  await assert.rejects(ask(channel), code('answer-unasked'))
  assert.ok(sent < 500)
})

test('a channel closed while it connects looks for no port any more, and holds none', async (t) => {
  const path = join(folder, `port-${++sockets}`)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.resume().on('close', () => open.delete(socket))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  let looked = 0
  const port = () => {
    looked++
    return path
  }
  const waiting = new GuestChannel({ path: port })
  await waiting.connect()
  waiting.hangUp('the guest started anew')
  const asked = ask(waiting) // it waits before it connects again
  waiting.close()
  await assert.rejects(asked, code('channel-closed'))
  assert.equal(looked, 1)
  const connecting = new GuestChannel({ path: port })
  const asks = ask(connecting)
  await until(() => looked === 2)
  connecting.close()
  await assert.rejects(asks, code('channel-closed'))
  await until(() => open.size === 0)
})

test('a guest that starts anew fails what was asked of it before, at once', async (t) => {
  const channel = await guest(t, () => {})
  const asked = failsIn(ask(channel), 'channel-closed')
  await new Promise((resolve) => setTimeout(resolve, 50))
  channel.hangUp('the guest started anew')
  assert.ok((await asked) < 290)
})
