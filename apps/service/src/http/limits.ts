/** What is taken of clients, and for how long they are waited for. */
export interface Limits {
  readonly bodyBytes: number
  /** Of an upload. */
  readonly pieceBytes: number
  /** Until a TLS handshake is done. */
  readonly handshakeMs: number
  /** Until all headers are there. */
  readonly headersMs: number
  /** Until all of a request is there. */
  readonly requestMs: number
  /** A connection on which nothing is asked. */
  readonly idleMs: number
  readonly connections: number
  /** Of one principal. */
  readonly requestsPerMinute: number
  /** Of one address, whoever asks there. */
  readonly addressRequestsPerMinute: number
  /** Of one address: sign-ins begun and gone on with. */
  readonly signInsPerMinute: number
  /** Of one address, without a good token. */
  readonly failuresPerMinute: number
}

export const LIMITS: Limits = {
  bodyBytes: 1 << 20,
  pieceBytes: 4 << 20,
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 65_000,
  connections: 4_096,
  requestsPerMinute: 12_000,
  addressRequestsPerMinute: 60_000,
  signInsPerMinute: 120,
  failuresPerMinute: 300,
}
