import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { ClientOptions, HttpAnswer } from '@trusted-launch/api'
import { defaultDataDirectory } from '../data-directory.ts'
import { readable } from '../input-file.ts'
import { dataFolderOf } from './profile.ts'

/** An answer of more is refused: a list is asked for by pages, a console's end is a megabyte. */
const ANSWER_MAX = 64 << 20
const TIMEOUT_MS = 60_000

/** Sends requests over HTTPS to whoever an authority of `caFile` vouches for, and to nobody else. */
export type Send = ClientOptions['send']

/** @throws {Error} the file cannot be read. What `send` throws says why there is no answer. */
export function httpsTo(caFile: string): Send & { close(): void } {
  const ca = readable(caFile, () => readFileSync(caFile, 'utf8'))
  const agent = new Agent({ ca, keepAlive: true })
  const send: Send = (url, { method, headers, body }) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const fail = (error: Error) => reject(unreachable(url, caFile, error))
      const sent = request(url, { method, headers, agent, timeout: TIMEOUT_MS }, (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > ANSWER_MAX)
            sent.destroy(new Error(`it answers with more than ${ANSWER_MAX} bytes`))
          else chunks.push(chunk)
        })
        answer.on('error', fail)
        answer.on('end', () => resolve(answerOf(answer.statusCode!, answer.headers, chunks)))
      })
      sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)))
      sent.on('error', fail)
      sent.end(body)
    })
  return Object.assign(send, { close: () => agent.destroy() })
}

function answerOf(
  status: number,
  headers: NodeJS.Dict<string | string[]>,
  chunks: readonly Buffer[],
): HttpAnswer {
  const bytes = Buffer.concat(chunks)
  return {
    status,
    headers: { get: (name) => [headers[name.toLowerCase()] ?? []].flat()[0] ?? null },
    text: async () => bytes.toString('utf8'),
    arrayBuffer: async () => Uint8Array.from(bytes).buffer,
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  ECONNRESET: 'the connection was cut',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for other names: `tl up --public-name NAME` makes it one for this',
}

function unreachable(url: string, caFile: string, error: NodeJS.ErrnoException): Error {
  const { origin } = new URL(url)
  if (error.code === 'ECONNREFUSED')
    return new Error(`${origin} does not answer: nobody listens there: ${servingHint(caFile)}`, {
      cause: error,
    })
  const isTls = /CERT|SIGNATURE|ISSUER/.test(error.code ?? '') && !Object.hasOwn(HINTS, error.code!)
  const why = isTls
    ? `its certificate is by no authority of ${caFile} (${error.code}): sign in again with ${loginAgain(caFile)}`
    : (HINTS[error.code ?? ''] ?? error.message)
  return new Error(`${origin} does not answer: ${why}`, { cause: error })
}

/** What serves it, with its own data folder where this machine has it. */
function servingHint(caFile: string): string {
  const data = dataFolderOf(caFile)
  const where = data === null || data === defaultDataDirectory() ? '' : ` --data ${data}`
  const elsewhere = data === null ? '' : `; if it serves elsewhere: ${loginAgain(caFile)}`
  return `\`tl up${where}\` serves it${elsewhere}`
}

/** How to sign in to it again. */
export function loginAgain(caFile: string): string {
  const data = dataFolderOf(caFile)
  return data === null ? 'tl login' : `tl login --admin ${data}/admin.json`
}
