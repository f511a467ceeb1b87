import {
  ArmError,
  CONSOLES_PATH,
  type ConsoleEnd,
  type ConsoleKind,
  type ConsoleTicket,
  consoleEndOf,
  consoleProtocols,
} from '@trusted-launch/api'
import { background, client } from './client.ts'

/** How a console stands, for whoever looks at it. */
export type LinkState =
  | { readonly is: 'off' | 'connecting' | 'open' }
  /** The connection was lost; it is tried again after so many seconds. */
  | { readonly is: 'waiting'; readonly seconds: number }
  /** The service ended it: it is not tried again by itself. */
  | { readonly is: 'ended'; readonly why: ConsoleEnd }
  | { readonly is: 'failed'; readonly error: unknown }

export interface Wanted {
  /** The VM's id. */
  readonly machine: string
  readonly kind: ConsoleKind
  readonly mayType: boolean
  /** Given each WebSocket as it opens, before anything came. */
  readonly use: (socket: WebSocket) => void
  readonly tell: (state: LinkState) => void
  readonly signal: AbortSignal
}

const WAIT_MS = 1_000
const WAIT_MS_MAX = 30_000

/**
 * Keeps a console open until `signal` ends it, or the service does. What is lost is tried again, each time later; each
 * time with a ticket of its own.
 */
export async function stayAt({ signal, tell, use, ...wanted }: Wanted): Promise<void> {
  let ask = client
  for (let wait = WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, WAIT_MS_MAX)) {
    tell({ is: 'connecting' })
    const begun = Date.now()
    try {
      const why = await once(await ticketFor(wanted, ask), use, tell, signal)
      if (signal.aborted) return
      if (why !== null) return tell({ is: 'ended', why })
    } catch (error) {
      if (signal.aborted) return
      if (isRefusal(error)) return tell({ is: 'failed', error })
    }
    if (Date.now() - begun > WAIT_MS_MAX) wait = WAIT_MS
    tell({ is: 'waiting', seconds: wait / 1000 })
    await pause(wait, signal)
    // From now on the page asks by itself, which keeps nobody signed in.
    ask = background
  }
}

async function ticketFor(
  { machine, kind, mayType }: Pick<Wanted, 'machine' | 'kind' | 'mayType'>,
  ask: typeof client,
): Promise<ConsoleTicket> {
  const path = `${machine}/providers/TrustedLaunch/console/${mayType ? 'connect' : 'watch'}`
  const { body } = await ask.ask('POST', path, { kind })
  return body as unknown as ConsoleTicket
}

/** @returns why the service ended it; null: it was lost. */
function once(
  { ticket }: ConsoleTicket,
  use: Wanted['use'],
  tell: Wanted['tell'],
  signal: AbortSignal,
): Promise<ConsoleEnd | null> {
  const url = `${location.origin.replace('http', 'ws')}${CONSOLES_PATH}`
  const socket = new WebSocket(url, consoleProtocols(ticket))
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve) => {
    const end = () => socket.close()
    signal.addEventListener('abort', end)
    socket.addEventListener('open', () => {
      tell({ is: 'open' })
      use(socket)
    })
    socket.addEventListener('close', ({ code }) => {
      signal.removeEventListener('abort', end)
      resolve(consoleEndOf(code))
    })
  })
}

/** What another try would be answered with too. */
function isRefusal(error: unknown): boolean {
  return error instanceof ArmError && error.fault.status < 500 && error.fault.status !== 429
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
