import { lookup } from 'node:dns/promises'
import { createWriteStream } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ArmError, type Fault } from '@trusted-launch/api'
import { type AllowedSource, allowedSource, isAddressAllowed } from '../domain/sources.ts'

/** How something is fetched. */
export interface FetchOptions {
  /** `https`: every host, since who asks is who runs this. */
  readonly allowed: readonly AllowedSource[] | 'https'
  /** More is refused, before it is written where the host says how much it is. */
  readonly bytesMax: number
  readonly tell: (step: string) => void
  readonly signal: AbortSignal
  /** The addresses of a name; the system's by default. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
  /** What a host has until it answers, and until each of its next MiB; a minute by default. */
  readonly paceMs?: number
}

const REDIRECTS_MAX = 5
const PACE_MS = 60_000
const TELL_MS = 1_000
const MIB = 1 << 20

/**
 * Fetches a file from an allowed host. Its name is resolved once, and the connection goes to that address; every
 * redirect is held against the same list. A host that is slower than a MiB in a minute is waited for no longer.
 * @throws {ArmError} not allowed, not there, too slow, or too much.
 */
export async function fetchSource(url: string, path: string, options: FetchOptions): Promise<void> {
  let next = new URL(url)
  for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
    const answer = await ask(next, options)
    const { statusCode = 0, headers } = answer
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      answer.destroy()
      if (!URL.canParse(headers.location, next.href)) break
      next = new URL(headers.location, next)
      continue
    }
    if (statusCode === 200) return save(answer, path, next, options)
    answer.destroy()
    throw new ArmError(notFetched(next, `it answers ${statusCode}`))
  }
  throw new ArmError(notFetched(next, 'it redirects too often'))
}

async function ask(url: URL, options: FetchOptions): Promise<IncomingMessage> {
  const allowed = allowedBy(options.allowed, url)
  if (allowed === null) throw new ArmError(notFetched(url, 'its host is not allowed'))
  const address = await addressOf(url, allowed, options)
  const family = address.includes(':') ? 6 : 4
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest
  const { signal, paceMs = PACE_MS } = options
  return new Promise((resolve, reject) => {
    const pinned = {
      lookup: (_: string, how: { all?: boolean | undefined }, done: (...found: any[]) => void) =>
        how.all === true ? done(null, [{ address, family }]) : done(null, address, family),
    }
    const sent: ClientRequest = request(url, { ...pinned, signal, agent: false }, (answer) => {
      clearTimeout(late)
      resolve(answer)
    })
    const late = setTimeout(() => sent.destroy(new Error('it does not answer')), paceMs)
    sent.on('error', (cause) => {
      clearTimeout(late)
      reject(signal.aborted ? cause : new ArmError(notFetched(url, cause.message)))
    })
    sent.end()
  })
}

function allowedBy(allowed: FetchOptions['allowed'], url: URL): AllowedSource | null {
  if (allowed !== 'https') return allowedSource(allowed, url)
  const { protocol, hostname, port } = url
  return protocol === 'https:' ? { protocol, hostname, port, isPrivate: true } : null
}

/** One address, which may be connected to: all that the name has must be. */
async function addressOf(
  { hostname, href }: URL,
  allowed: AllowedSource,
  { resolve = addressesOf }: FetchOptions,
): Promise<string> {
  const plain = hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(plain).catch(() => [])
  if (addresses.length === 0)
    throw new ArmError(notFetched(new URL(href), 'its name cannot be resolved'))
  const refused = addresses.find((address) => !isAddressAllowed(address, allowed))
  if (refused === undefined) return addresses[0]!
  throw new ArmError(
    notFetched(
      new URL(href),
      `${refused} is of a private network or of this machine: tl up --allow-private-source allows one by name, link-local addresses never`,
    ),
  )
}

async function addressesOf(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}

async function save(
  answer: IncomingMessage,
  path: string,
  url: URL,
  { bytesMax, tell, signal, paceMs = PACE_MS }: FetchOptions,
): Promise<void> {
  const declared = Number(answer.headers['content-length'] ?? Number.NaN)
  const tooMuch = () => new ArmError(notFetched(url, `it is more than ${bytesMax} bytes`))
  if (declared > bytesMax) {
    answer.destroy()
    throw tooMuch()
  }
  let size = 0
  let told = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      size += chunk.length
      if (size > bytesMax) return done(tooMuch())
      if (Date.now() - told > TELL_MS) {
        told = Date.now()
        const of = Number.isNaN(declared) ? '' : ` of ${Math.ceil(declared / MIB)}`
        tell(`fetching: ${Math.floor(size / MIB)}${of} MiB`)
      }
      done(null, chunk)
    },
  })
  let before = 0
  const pace = setInterval(() => {
    if (size - before < MIB) answer.destroy(new Error('it is slower than 1 MiB in a minute'))
    before = size
  }, paceMs)
  try {
    await pipeline(answer, counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }), {
      signal,
    })
  } catch (cause) {
    if (cause instanceof ArmError || signal.aborted) throw cause
    throw new ArmError(notFetched(url, (cause as Error).message))
  } finally {
    clearInterval(pace)
  }
  if (!Number.isNaN(declared) && size !== declared)
    throw new ArmError(notFetched(url, `it ended after ${size} of ${declared} bytes`))
}

function notFetched(url: URL, why: string): Fault {
  return {
    status: 400,
    code: 'SourceNotAvailable',
    message: `${url.origin}${url.pathname} cannot be fetched: ${why}.`,
  }
}
