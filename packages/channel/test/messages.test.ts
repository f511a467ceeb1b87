import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AgentError,
  decodeAnswer,
  decodeQuestion,
  type ExchangeName,
  encodeAgentError,
  encodeAnswer,
  encodeQuestion,
  type Frame,
  FrameReader,
  LOG_PART_BYTES_MAX,
} from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { checkCodec } from '@trusted-launch/codec/check'
import { EXCHANGES } from '../src/messages.ts'
import { answerTo, evidence, filled } from './a-guest.ts'

function frameOf(bytes: Uint8Array): Frame {
  const [frame] = new FrameReader().read(bytes)
  return frame!
}

const nonce = filled(32, 0xaa)
const questions: { [N in ExchangeName]: any } = {
  info: null,
  evidence: { nonce, pcrs: [0, 7, 23], banks: ['sha256'], extendNonce: null },
  log: { log: 'imaLog', offset: 10, sizeBytes: 20 },
  akCertificate: null,
  rollback: { extendNonce: nonce },
  moduleMessages: null,
}

for (const name of Object.keys(EXCHANGES) as ExchangeName[])
  test(`${name}: question and answer arrive as they were said, and nothing cut off does`, () => {
    const question = frameOf(encodeQuestion(5, name, questions[name]))
    assert.equal(question.id, 5)
    assert.deepEqual(decodeQuestion(question), { name, question: questions[name] })
    const asked = decodeQuestion(question)
    const answer = frameOf(answerTo(asked, question.id))
    const said = decodeAnswer(answer, name)
    assert.equal(toHex(encodeAnswer(5, name, said)), toHex(answerTo(asked, 5)))
    checkCodec(EXCHANGES[name].question, { question: question.payload })
    checkCodec(EXCHANGES[name].answer, { answer: answer.payload })
  })

test('an unknown question and a malformed one get an error that names them', () => {
  assert.throws(() => decodeQuestion({ type: 99, id: 1, payload: nonce }), {
    name: 'AgentError',
    code: 'unsupported',
  })
  const cut = { type: 2, id: 1, payload: filled(40, 0xff) }
  assert.throws(() => decodeQuestion(cut), { code: 'malformed-question' })
  const much = encodeQuestion.bind(null, 1, 'log', {
    log: 'eventLog',
    offset: 0,
    sizeBytes: LOG_PART_BYTES_MAX + 1,
  })
  assert.throws(much, RangeError)
})

test("the agent's error arrives with its code; an unknown one is kept as reported", () => {
  const error = new AgentError('ak-unavailable', 'TPM_RC_BAD_AUTH\n\u001b[31m session 1')
  assert.throws(() => decodeAnswer(frameOf(encodeAgentError(9, error)), 'info'), {
    name: 'AgentError',
    code: 'ak-unavailable',
    detail: 'TPM_RC_BAD_AUTH [31m session 1',
  })
  const foreign = frameOf(encodeAgentError(9, new AgentError('no-such-code', 'x'.repeat(900))))
  assert.throws(() => decodeAnswer(foreign, 'evidence'), {
    code: 'agent-failed',
    reported: 'no-such-code',
    detail: 'x'.repeat(200),
  })
})

test('an answer to another question, a question, and a malformed answer are told apart', () => {
  const info = frameOf(encodeAnswer(1, 'info', evidence.info))
  const question = frameOf(encodeQuestion(1, 'info', null))
  assert.throws(() => decodeAnswer(info, 'evidence'), { code: 'answer-mismatched' })
  assert.throws(() => decodeAnswer(question, 'info'), { code: 'answer-mismatched' })
  assert.throws(() => decodeAnswer({ ...info, payload: filled(3, 9) }, 'info'), {
    code: 'answer-malformed',
  })
})
