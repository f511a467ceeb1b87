import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../domain/caller.ts'
import type { Principals, Values } from '../domain/store.ts'
import { secretMark } from './secret.ts'

const MINUTE_MS = 60_000
/** A browser that nobody uses is signed out after this time. */
export const IDLE_MS = 30 * MINUTE_MS
/** And any, after this one. */
export const SESSION_MS = 8 * 60 * MINUTE_MS
/** A sign-in that a program asked for is used at once or not at all. */
const TICKET_MS = MINUTE_MS
/** Use is noted no oftener: each note is a commit. */
const NOTED_MS = MINUTE_MS
const SECRET = /^[\w-]{43}$/

/** What somebody of ours is known by while a session lasts; of another issuer's people there is no `mark`. */
interface Known {
  readonly displayName: string
  /** Of the secret that they have. */
  readonly mark: string | null
}

interface Kept extends Omit<Session, 'displayName'>, Pick<Known, 'mark'> {}

interface Ticket extends Pick<Known, 'mark'> {
  readonly caller: Caller
  readonly endsAt: number
}

/** Somebody's browser, signed in. */
export interface Session {
  readonly caller: Caller
  /** What they are called, for people. */
  readonly displayName: string
  /** What the page sends along with each request, and no other site knows. */
  readonly csrf: string
  /** ms since 1970 */
  readonly begunAt: number
  readonly usedAt: number
}

/**
 * Sessions of browsers. The database has their secrets' hashes only; a session that is over, of somebody who is gone,
 * or begun before its owner signed out everywhere, was disabled, or had another password or secret, is none.
 */
export class Sessions {
  readonly #values: Values
  readonly #principals: Principals
  readonly #now: () => number

  constructor(values: Values, principals: Principals, now: () => number) {
    this.#values = values
    this.#principals = principals
    this.#now = now
  }

  /** @returns what its cookie holds. */
  async begin(caller: Caller): Promise<string> {
    const secret = newSecret()
    const at = this.#now()
    const mark = (await this.#known(caller))?.mark ?? null
    const session = { caller, mark, csrf: newSecret(), begunAt: at, usedAt: at }
    await this.#values.put(nameOf('session', secret), written(session), endOf(session))
    return secret
  }

  /** @param isUse false: the page asked by itself, nobody did anything. */
  async find(secret: string, isUse: boolean): Promise<Session | null> {
    if (!SECRET.test(secret)) return null
    const session = read<Kept>(await this.#values.get(nameOf('session', secret)))
    const now = this.#now()
    if (session === null || now >= endOf(session)) return null
    const { caller, usedAt } = session
    if (session.begunAt <= (await this.#endedAt(caller.objectId))) return null
    const known = await this.#known(caller)
    if (known === null || known.mark !== session.mark) return null
    if (
      isUse &&
      now - usedAt >= NOTED_MS &&
      !(await this.#note(secret, { ...session, usedAt: now }))
    )
      return null
    return { ...session, displayName: known.displayName }
  }

  async end(secret: string): Promise<void> {
    await this.#values.delete(nameOf('session', secret))
  }

  /** Of all browsers in which somebody is signed in now. */
  async endAll({ objectId }: Caller): Promise<void> {
    await endSessions(this.#values, objectId, this.#now())
  }

  /** For a browser that is to be signed in as who asks: good once, for a minute. */
  async ticket(caller: Caller): Promise<string> {
    const ticket = newSecret()
    const endsAt = this.#now() + TICKET_MS
    const mark = (await this.#known(caller))?.mark ?? null
    await this.#values.put(nameOf('ticket', ticket), written({ caller, mark, endsAt }), endsAt)
    return ticket
  }

  /** Null: no such ticket, used or over, or of a former secret. */
  async use(ticket: string): Promise<Caller | null> {
    if (!SECRET.test(ticket)) return null
    const name = nameOf('ticket', ticket)
    const found = read<Ticket>(await this.#values.get(name))
    const isFirst = await this.#values.delete(name)
    if (found === null || !isFirst || this.#now() >= found.endsAt) return null
    const known = await this.#known(found.caller)
    return known?.mark === found.mark ? found.caller : null
  }

  /** @returns whether it is there still: one that was ended meanwhile does not come back. */
  #note(secret: string, session: Kept): Promise<boolean> {
    return this.#values.replace(nameOf('session', secret), written(session), endOf(session))
  }

  async #endedAt(objectId: string): Promise<number> {
    const found = read<{ now: number }>(await this.#values.get(`portal/ended/${objectId}`))
    return found?.now ?? Number.NEGATIVE_INFINITY
  }

  /** Null: they are gone or disabled. People of another issuer are that issuer's: their session ends by itself. */
  async #known({ objectId, name, isForeign = false }: Caller): Promise<Known | null> {
    if (isForeign) return { displayName: name, mark: null }
    const principal = await this.#principals.get(objectId)
    if (principal === null || principal.disabled) return null
    return { displayName: principal.displayName, mark: secretMark(principal.secretHash) }
  }
}

/** Of all browsers in which somebody was signed in by then (ms since 1970): they end for good. */
export async function endSessions(values: Values, objectId: string, now: number): Promise<void> {
  await values.put(`portal/ended/${objectId}`, written({ now }), now + SESSION_MS)
}

/** When it is over, unless it is used before. */
export function endOf({ begunAt, usedAt }: Pick<Session, 'begunAt' | 'usedAt'>): number {
  return Math.min(begunAt + SESSION_MS, usedAt + IDLE_MS)
}

/** Whether a page proved that it is ours. */
export function isOurs({ csrf }: Session, given: string | undefined): boolean {
  const bytes = Buffer.from(given ?? '')
  return bytes.length === csrf.length && timingSafeEqual(bytes, Buffer.from(csrf))
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function nameOf(kind: 'session' | 'ticket', secret: string): string {
  return `portal/${kind}/${createHash('sha256').update(secret).digest('hex')}`
}

function written(value: object): Uint8Array {
  return new Uint8Array(Buffer.from(JSON.stringify(value)))
}

function read<T>(bytes: Uint8Array | null): T | null {
  return bytes === null ? null : JSON.parse(Buffer.from(bytes).toString())
}
