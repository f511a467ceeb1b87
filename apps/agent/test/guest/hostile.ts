// Root on the port of a booted VM, and no friend: each question is met by the next of these attacks. usage: hostile [PORT [NUMBER OF THE FIRST ATTACK]]
import {
  AgentError,
  encodeAgentError,
  encodeAnswer,
  encodeFrame,
  type Frame,
  FrameReader,
} from '@trusted-launch/channel'
import { concat } from '@trusted-launch/codec'
import * as os from 'os'
import { findPort } from '../../src/connection.ts'
import {
  DescriptorError,
  EAGAIN,
  O_NONBLOCK,
  openDescriptor,
  readSome,
  sleep,
  writeSome,
} from '../../src/descriptor.ts'

const FLOOD_BYTES = 8 * 1024 * 1024
const WAIT_MS = 20

/** What is sent instead of an answer, piece by piece; `null` for nothing more. */
type Attack = (asked: Frame) => Generator<Uint8Array>

function* flood(bytes: Uint8Array): Generator<Uint8Array> {
  for (let sent = 0; sent < FLOOD_BYTES; sent += bytes.length) yield bytes
}

function repeated(bytes: Uint8Array, size: number): Uint8Array {
  return concat(...Array(Math.ceil(size / bytes.length)).fill(bytes))
}

const attacks: Record<string, Attack> = {
  *'length of 4 GiB'() {
    yield new Uint8Array(4).fill(0xff)
    yield* flood(new Uint8Array(4096).fill(0x41))
  },
  *'answers to questions never asked'({ id }) {
    const unasked = encodeFrame({
      type: 0x81,
      id: (id ^ 0x5555_5555) >>> 0,
      payload: new Uint8Array(),
    })
    yield* flood(repeated(unasked, 4000))
  },
  *'half a frame'({ id }) {
    yield encodeFrame({ type: 0x81, id, payload: new Uint8Array(60_000) }).subarray(0, 40_000)
  },
  *'flood of zeros'() {
    yield* flood(new Uint8Array(4096))
  },
  *'an answer to another question'({ id }) {
    yield encodeAnswer(id, 'akCertificate', { certificate: null })
  },
  *'a long and malformed answer'({ id, type }) {
    yield encodeFrame({ type: type | 0x80, id, payload: new Uint8Array(65_000).fill(0xee) })
  },
  *'an error with escape sequences'({ id }) {
    const sound = encodeAgentError(id, new AgentError('[31m', 'X'))
    yield sound.map((byte) => (byte === 0x58 ? 0x1b : byte))
  },
  *silence() {},
}

const names = Object.keys(attacks)
let next = Number(scriptArgs[2] ?? 0)

/** Until the host is seen to be gone. One that is back at once is met by its next question. */
async function meet(fd: number): Promise<void> {
  const frames = new FrameReader()
  for (;;) {
    const bytes = tried(() => readSome(fd, 4096))
    if (bytes !== null && bytes.length === 0) return
    for (const frame of frames.read(bytes ?? new Uint8Array()))
      await run(fd, attacks[names[next++ % names.length]!]!(frame))
    await sleep(WAIT_MS)
  }
}

async function run(fd: number, pieces: Iterable<Uint8Array>): Promise<void> {
  for (let piece of pieces)
    for (let stuck = 0; piece.length > 0; ) {
      const count = tried(() => writeSome(fd, piece)) ?? 0
      piece = piece.subarray(count)
      if (count > 0) stuck = 0
      else if (++stuck > 5) return
      else await sleep(WAIT_MS)
    }
}

/** `null` when it would have to wait. */
function tried<T>(deed: () => T): T | null {
  try {
    return deed()
  } catch (e) {
    if (e instanceof DescriptorError && e.errorNumber === EAGAIN) return null
    throw e
  }
}

async function forEver(): Promise<void> {
  for (;;) {
    const path = scriptArgs[1] ?? findPort()
    if (path !== null)
      try {
        const fd = openDescriptor(path, os.O_RDWR | O_NONBLOCK)
        for (;;) {
          await meet(fd)
          await sleep(WAIT_MS)
        }
      } catch {}
    await sleep(500)
  }
}

void forEver()
