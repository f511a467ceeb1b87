import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Authorizer, Caller } from '../domain/caller.ts'
import type { Store } from '../domain/store.ts'
import type { AccessBytes } from './access-bytes.ts'
import type { Answering } from './answered.ts'
import type { Limits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { PortalOptions } from './portal/routes.ts'
import type { ArmReply, Route } from './route.ts'

/** What the server is given: it has nothing of its own but its limits. */
export interface ServerOptions {
  /** PEM; the key never leaves this process. */
  readonly tls: { readonly key: string; readonly cert: string }
  readonly log: Logger
  readonly routes: readonly Route[]
  /** Whose authority gives tokens. */
  readonly tenantId: string
  readonly authorizer: Authorizer
  /**
   * Who asks, by the `Authorization` header. `isUse`: whether that keeps a browser signed in; absent: as the request
   * says. @throws {ArmError} 401
   */
  readonly authenticate: (
    header: string | undefined,
    request: FastifyRequest,
    isUse?: boolean,
  ) => Promise<Caller>
  /** The configured address that a request was sent to. @throws {ArmError} one that is not ours. */
  readonly baseOf: (host: string | undefined) => string
  /** Where changes and refusals are entered. */
  readonly store: Pick<Store, 'audit' | 'resources' | 'principals'>
  readonly now: () => number
  /** Told of each change once it is made, by its right. */
  readonly changed: (action: string) => void
  /** Answers what it claims by itself, before anything is read: the built-in issuer. */
  readonly issuer: {
    claims(url: string): boolean
    handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  }
  /** What a signed URI of a console or screen leads to. @throws {ArmError} */
  readonly diagnostics: (
    params: { machine: string; file: string },
    query: Readonly<Record<string, string>>,
  ) => Promise<ArmReply>
  /** What a signed address of a disk leads to; absent: there are none. */
  readonly diskBytes?: AccessBytes
  /** What anybody may have without a token, by its path. */
  readonly documents: Readonly<
    Record<string, { readonly type: string; readonly text: () => Promise<string> }>
  >
  /** Whether the service does its work: `/health/ready`. */
  readonly isReady: () => Promise<boolean>
  readonly metrics: Metrics
  /** Who signs in with a browser, and the page's built files (null: no page); absent: nobody does. */
  readonly portal?: Pick<PortalOptions, 'sessions' | 'issuers'> & { readonly folder: string | null }
  /** Told what endpoints are answered with, for who asks them from within. */
  readonly answering?: (answering: Answering) => void
  /** In place of `LIMITS`: time in tests. */
  readonly limits?: Partial<Limits>
}
