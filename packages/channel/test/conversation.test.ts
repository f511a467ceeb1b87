import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AgentError,
  type Ask,
  ChannelError,
  Conversation,
  collectEvidence,
  decodeQuestion,
  type Evidence,
  encodeAgentError,
  encodeAnswer,
  encodeFrame,
  encodeQuestion,
  FrameReader,
  STALE_ANSWERS_MAX,
} from '@trusted-launch/channel'
import { answerTo, evidence, filled, guest } from './a-guest.ts'

const request = { nonce: filled(32, 1), pcrs: [0, 23], banks: ['sha256', 'sha384'] } as const

/** A conversation whose guest is `answer`: bytes out, bytes in. */
function conversationWith(answer: (sent: Uint8Array) => Uint8Array[]): Conversation {
  const conversation = new Conversation(
    (sent) =>
      queueMicrotask(() => {
        try {
          for (const bytes of answer(sent)) conversation.receive(bytes)
        } catch (e) {
          assert.ok(e instanceof ChannelError)
        }
      }),
    0xffff_fffe,
  )
  return conversation
}

function askOf(conversation: Conversation): Ask {
  return (name, question) => conversation.ask(name, question)
}

test('evidence is collected whole, logs longer than a frame included', async () => {
  const long: Evidence = { ...evidence, imaLog: filled(300_000, 7), userspaceLog: null }
  assert.deepEqual(await collectEvidence(askOf(conversationWith(guest(long))), request), long)
  assert.deepEqual(await collectEvidence(askOf(conversationWith(guest())), request), evidence)
})

test('evidence of an agent that knows nothing of modules is whole without', async () => {
  const { moduleMessages: _, ...older } = evidence
  assert.deepEqual(await collectEvidence(askOf(conversationWith(guest(older))), request), older)
})

test('answers may come in any order and in any pieces', async () => {
  const answers: Uint8Array[] = []
  const answer = guest()
  const conversation = new Conversation((sent) => answers.push(...answer(sent)), 1)
  const info = conversation.ask('info', null)
  const certificate = conversation.ask('akCertificate', null)
  for (const byte of Buffer.concat(answers.reverse())) conversation.receive(Uint8Array.of(byte))
  assert.deepEqual(await info, evidence.info)
  assert.deepEqual((await certificate).certificate, evidence.akCertificate)
  assert.equal(conversation.questionsOutstanding, 0)
})

test("the agent's error fails its question and leaves the conversation", async () => {
  const conversation = conversationWith((sent) => {
    const [frame] = new FrameReader().read(sent)
    const asked = decodeQuestion(frame!)
    return asked.name === 'info'
      ? [answerTo(asked, frame!.id)]
      : [encodeAgentError(frame!.id, new AgentError('ak-unavailable', 'endorsementAuth is set'))]
  })
  await assert.rejects(conversation.ask('evidence', request), { code: 'ak-unavailable' })
  assert.deepEqual(await conversation.ask('info', null), evidence.info)
})

test('a log above its limit is refused before it is asked for, and a short one when it ends', async () => {
  const sizes = (imaLog: number) =>
    conversationWith((sent) => {
      const [frame] = new FrameReader().read(sent)
      const asked = decodeQuestion(frame!)
      if (asked.name !== 'evidence') return [answerTo(asked, frame!.id)]
      const logSizes = { eventLog: null, imaLog, userspaceLog: null }
      return [encodeAnswer(frame!.id, 'evidence', { ...evidence, logSizes })]
    })
  const tooLong = sizes(0xffff_ffff)
  await assert.rejects(collectEvidence(askOf(tooLong), request), {
    code: 'log-too-long',
    fields: { log: 'imaLog', size: 0xffff_ffff, max: 4 * 1024 * 1024 },
  })
  await assert.rejects(collectEvidence(askOf(sizes(151)), request), { code: 'log-short' })
})

test('a ninth question waits for nobody: it is refused', async () => {
  const conversation = new Conversation(() => {}, 1)
  for (let i = 0; i < 8; i++) conversation.ask('info', null).catch(() => {})
  await assert.rejects(conversation.ask('info', null), { code: 'questions-too-many' })
  conversation.end(new ChannelError('answer-late', 'silence'))
})

test('silence is ended by the caller, and every question fails with the same reason', async () => {
  const conversation = new Conversation(() => {}, 1)
  const asked = conversation.ask('info', null)
  conversation.end(new ChannelError('answer-late', 'no answer in 5 s'))
  await assert.rejects(asked, { code: 'answer-late' })
  await assert.rejects(conversation.ask('info', null), { code: 'answer-late' })
})

test('a question given up fails alone; its answer, once, is dropped, and counts until it comes', async () => {
  const conversation = new Conversation(() => {}, 1)
  const reason = new ChannelError('answer-late', 'no answer in 5 s')
  const late = conversation.open('info', null)
  const other = conversation.ask('info', null)
  late.giveUp(reason)
  await assert.rejects(late.answer, { code: 'answer-late' })
  assert.equal(conversation.questionsOutstanding, 1)
  for (let i = 2; i < 8; i++) conversation.ask('info', null).catch(() => {})
  await assert.rejects(conversation.ask('info', null), { code: 'questions-too-many' })
  conversation.receive(encodeAnswer(1, 'info', evidence.info))
  conversation.receive(encodeAnswer(2, 'info', evidence.info))
  assert.deepEqual(await other, evidence.info)
  assert.throws(() => conversation.receive(encodeAnswer(1, 'info', evidence.info)), {
    code: 'answer-unasked',
  })
})

test('an answer that came cannot be given up', async () => {
  const conversation = new Conversation(() => {}, 1)
  const { answer, giveUp } = conversation.open('info', null)
  conversation.receive(encodeAnswer(1, 'info', evidence.info))
  giveUp(new ChannelError('answer-late', 'too late'))
  assert.deepEqual(await answer, evidence.info)
  assert.throws(() => conversation.receive(encodeAnswer(1, 'info', evidence.info)), {
    code: 'answer-unasked',
  })
})

test('a new connection forgives the answers of the one before, eight of them, until its own', async () => {
  const late = encodeAnswer(4, 'info', evidence.info)
  const conversation = new Conversation(() => {}, 1000)
  const asked = conversation.ask('info', null)
  for (let i = 0; i < STALE_ANSWERS_MAX; i++) conversation.receive(late)
  conversation.receive(encodeAnswer(1000, 'info', evidence.info))
  assert.deepEqual(await asked, evidence.info)
  assert.throws(() => conversation.receive(late), { code: 'answer-unasked' })
})

const id = 77
const floods: Record<string, { bytes: () => Uint8Array; code: string }> = {
  'a length of 4 GiB': { bytes: () => filled(4, 0xff), code: 'frame-too-long' },
  'a flood of zeros': { bytes: () => filled(1 << 20, 0), code: 'frame-too-short' },
  'a flood of text': { bytes: () => filled(1 << 20, 0x41), code: 'frame-too-long' },
  'a flood of empty frames': { bytes: () => manyFrames(), code: 'answer-unasked' },
  'a question back': { bytes: () => encodeQuestion(id, 'info', null), code: 'answer-mismatched' },
  'the answer to another question': {
    bytes: () => encodeAnswer(id, 'akCertificate', { certificate: null }),
    code: 'answer-mismatched',
  },
  'an answer with bytes too many': {
    bytes: () => encodeFrame({ type: 0x81, id, payload: filled(60_000, 0) }),
    code: 'answer-malformed',
  },
  'its answer twice': {
    bytes: () => Buffer.concat([infoAnswer(), infoAnswer()]),
    code: 'answer-unasked',
  },
}

function infoAnswer(): Uint8Array {
  return encodeAnswer(id, 'info', evidence.info)
}

function manyFrames(): Uint8Array {
  const one = encodeFrame({ type: 0x81, id: 1, payload: new Uint8Array() })
  return Buffer.concat(Array.from({ length: 20_000 }, () => one))
}

for (const [title, { bytes, code }] of Object.entries(floods))
  test(`${title} ends the conversation: ${code}`, async () => {
    const conversation = new Conversation(() => {}, id)
    const asked = conversation.ask('info', null)
    assert.throws(() => conversation.receive(bytes()), { name: 'ChannelError', code })
    if (title === 'its answer twice') await asked
    else await assert.rejects(asked, { code })
    await assert.rejects(conversation.ask('info', null), { code })
    assert.throws(() => conversation.receive(infoAnswer()), { code })
    assert.equal(conversation.questionsOutstanding, 0)
  })
