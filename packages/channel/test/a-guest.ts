import {
  AgentError,
  type Answer,
  type AnyQuestion,
  decodeQuestion,
  type Evidence,
  encodeAgentError,
  encodeAnswer,
  FrameReader,
} from '@trusted-launch/channel'

export function filled(size: number, byte: number): Uint8Array {
  return new Uint8Array(size).fill(byte)
}

const quote = {
  attest: filled(145, 1),
  signature: filled(264, 2),
  pcrs: [
    { index: 0, digest: filled(32, 3) },
    { index: 23, digest: filled(32, 0) },
  ],
}

/** Evidence of the right shape that no verifier would take. */
export const evidence: Evidence = {
  quotes: [
    { bank: 'sha256', ...quote },
    { bank: 'sha384', ...quote, pcrs: [] },
  ],
  akPublic: filled(314, 4),
  akCertificate: filled(677, 5),
  rollback: { nvPublic: filled(14, 6), attest: filled(160, 7), signature: filled(264, 8) },
  info: {
    agentVersion: '0.0.0',
    kernelRelease: '6.1.0-42-cloud-amd64',
    bootId: '01234567-89ab-cdef-0123-456789abcdef',
    lockdown: 'none [integrity] confidentiality',
    sleepStates: 'freeze mem; mem is [s2idle]',
    uptimeMs: 3100,
    residentKiB: 1000,
  },
  eventLog: filled(130, 9),
  imaLog: filled(150, 10),
  userspaceLog: filled(20, 11),
  moduleMessages: ['dummy: module verification failed: signature and/or required key missing'],
}

/** A guest that answers as it should, from `evidence`, one frame for each question. */
export function answerTo(question: AnyQuestion, id: number, from: Evidence = evidence): Uint8Array {
  const { eventLog, imaLog, userspaceLog, moduleMessages, ...quoted } = from
  const logs = { eventLog, imaLog, userspaceLog }
  if (question.name === 'info') return encodeAnswer(id, 'info', from.info)
  if (question.name === 'akCertificate')
    return encodeAnswer(id, 'akCertificate', { certificate: from.akCertificate })
  if (question.name === 'rollback') return encodeAnswer(id, 'rollback', from.rollback!)
  if (question.name === 'moduleMessages')
    return moduleMessages === undefined
      ? encodeAgentError(id, new AgentError('unsupported', 'question type 6'))
      : encodeAnswer(id, 'moduleMessages', { lines: [...moduleMessages] })
  if (question.name === 'evidence')
    return encodeAnswer(id, 'evidence', { ...quoted, logSizes: sizesOf(logs) })
  const { log, offset, sizeBytes } = question.question
  return encodeAnswer(id, 'log', { bytes: logs[log]!.subarray(offset, offset + sizeBytes) })
}

function sizesOf(logs: Record<string, Uint8Array | null>): Answer<'evidence'>['logSizes'] {
  const entries = Object.entries(logs).map(([name, log]) => [name, log?.length ?? null])
  return Object.fromEntries(entries)
}

/** Questions in, answers out. */
export function guest(from: Evidence = evidence): (sent: Uint8Array) => Uint8Array[] {
  const frames = new FrameReader()
  return (sent) =>
    [...frames.read(sent)].map((frame) => answerTo(decodeQuestion(frame), frame.id, from))
}
