import { createParser } from 'eventsource-parser'
import { sessionHeaders } from '../session/session.ts'

/** Something that happened, as the service tells of it. */
export interface LiveEvent {
  /** `lost`: something between was forgotten, so that everything is to be asked for anew. */
  readonly kind: 'alert' | 'operation' | 'vm' | 'lost'
  readonly data: {
    readonly resourceId?: string
    /** Of an alert. */
    readonly alert?: { readonly vm: string }
  }
}

const API_VERSION = '2026-04-01'
const RETRY_MS = 2_000
const RETRY_MS_MAX = 30_000

interface Listening {
  /** The path of the subscription. */
  readonly scope: string
  readonly tell: (event: LiveEvent) => void
  readonly connected: (is: boolean) => void
  readonly signal: AbortSignal
}

/**
 * Listens to what happens in a subscription until `signal` ends it. It comes back by itself, from where it was: the
 * browser's own EventSource cannot send the session's header.
 * @see WHATWG HTML, "Server-sent events"
 */
export async function listen({ scope, tell, connected, signal }: Listening): Promise<void> {
  let last: string | null = null
  for (let wait = RETRY_MS; !signal.aborted; ) {
    const begun = Date.now()
    try {
      last = await once(scope, last, tell, connected, signal)
    } catch {
      // It is tried again.
    }
    connected(false)
    wait = Date.now() - begun > RETRY_MS_MAX ? RETRY_MS : Math.min(wait * 2, RETRY_MS_MAX)
    await pause(wait, signal)
  }
}

async function once(
  scope: string,
  after: string | null,
  tell: Listening['tell'],
  connected: Listening['connected'],
  signal: AbortSignal,
): Promise<string | null> {
  const url = `${scope}/providers/TrustedLaunch/events?api-version=${API_VERSION}`
  const known = after === null ? {} : { 'last-event-id': after }
  const answer = await fetch(url, { signal, headers: { ...sessionHeaders(true), ...known } })
  if (!answer.ok || answer.body === null) throw new Error(`the service answers ${answer.status}`)
  connected(true)
  let last = after
  const parser = createParser({
    onEvent({ id, event, data }) {
      last = id ?? last
      tell({ kind: event as LiveEvent['kind'], data: JSON.parse(data) })
    },
  })
  const text = answer.body.pipeThrough(new TextDecoderStream())
  try {
    for await (const piece of text) parser.feed(piece)
  } catch {
    // What was told until then counts.
  }
  return last
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
