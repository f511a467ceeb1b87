import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as door from '@trusted-launch/channel'
import { MalformedError } from '@trusted-launch/codec'
import { checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import { EXCHANGES } from '../src/messages.ts'
import { answerTo, evidence, filled } from './a-guest.ts'

const { AgentError, ChannelError } = door
const errors = { errors: [AgentError, ChannelError] }
const names = Object.keys(EXCHANGES) as door.ExchangeName[]
const extendNonce = filled(32, 2)
const questions: { [N in door.ExchangeName]: any } = {
  info: null,
  evidence: { nonce: filled(32, 1), pcrs: [0, 7, 23], banks: ['sha256'], extendNonce: null },
  log: { log: 'imaLog', offset: 10, sizeBytes: 20 },
  akCertificate: null,
  rollback: { extendNonce },
  moduleMessages: null,
}

/** The one frame of a stream; none yet is a stream cut short. */
function frameOf(bytes: Uint8Array): door.Frame {
  const [frame] = new door.FrameReader().read(bytes)
  if (frame === undefined) throw new MalformedError('stream', bytes.length, 'no whole frame')
  return frame
}

const tried: Record<string, () => void> = {
  decodeQuestion: () => {
    for (const name of names)
      checkDecoder(
        (bytes) => door.decodeQuestion(frameOf(bytes)),
        { [name]: door.encodeQuestion(1, name, questions[name]) },
        errors,
      )
  },
  decodeAnswer: () => {
    for (const name of names) {
      const question = { name, question: questions[name] } as door.AnyQuestion
      checkDecoder(
        (bytes) => door.decodeAnswer(frameOf(bytes), name),
        { [name]: answerTo(question, 1) },
        errors,
      )
    }
  },
  decodeEvidence: () =>
    checkDecoder(door.decodeEvidence, { whole: door.encodeEvidence(evidence) }, { tries: 2000 }),
}

for (const [name, run] of Object.entries(tried))
  test(`${name} refuses what is cut short, and raises only its own errors`, run)

test("the agent's own error is read whatever its bytes are", () => {
  const frame = door.encodeAgentError(1, new AgentError('ak-unavailable', 'why'))
  const read = (bytes: Uint8Array) => {
    try {
      return door.decodeAnswer(frameOf(bytes), 'info')
    } catch (e) {
      if (e instanceof AgentError && e.code === 'ak-unavailable') return e
      throw e
    }
  }
  checkDecoder(read, { frame }, errors)
})

test('no function that reads is left out', () => {
  assert.deepEqual(decodersAt(door), Object.keys(tried).sort())
})
