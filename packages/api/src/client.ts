import { ArmError, type Fault } from './fault.ts'
import type { JsonValue } from './fields/check-body.ts'

type JsonRecord = { readonly [name: string]: JsonValue }

export interface HttpAnswer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** What a client is given: it has no network, clock or secrets of its own. */
export interface ClientOptions {
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** A bearer token, good for the next request; null: `send` knows who asks, as a browser does. */
  readonly token: () => Promise<string | null>
  readonly send: (
    url: string,
    request: { method: string; headers: Record<string, string>; body?: string | Uint8Array },
  ) => Promise<HttpAnswer>
  readonly sleep: (ms: number) => Promise<void>
  readonly apiVersion?: string
}

/** What a long action tells while it runs. */
export interface OperationProgress {
  readonly id: string
  readonly status: string
  readonly percent: number
  readonly step: string | null
}

/** What was asked for, and what follows it. */
export interface Accepted {
  readonly status: number
  readonly body: JsonRecord | null
  /** Null: it is done. */
  readonly operationUrl: string | null
  /** Where its own result is to be had in the end; null: it has none. */
  readonly resultUrl: string | null
  /** What the service's log calls the request. */
  readonly correlationId: string | null
}

const API_VERSION = '2026-04-01'
const RETRY_MS = 1_000
const OVER = /^(?:Succeeded|Failed|Canceled)$/

/** Azure Resource Manager's manners from the client's side: what the command line and the portal call. */
export class ArmClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** @param path with its own parameters, or an absolute URL of the same service. @throws {ArmError} */
  async get(path: string): Promise<JsonRecord> {
    const answer = await this.#send('GET', path)
    return JSON.parse(await answer.text())
  }

  async getBytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#send('GET', path)).arrayBuffer())
  }

  /** Every entry of a list, page by page. */
  async *list(path: string): AsyncGenerator<JsonRecord> {
    for (let next: string | null = path; next !== null; ) {
      const page: { value?: JsonRecord[]; nextLink?: string } = (await this.get(next)) as never
      yield* page.value ?? []
      next = page.nextLink ?? null
    }
  }

  /** PUT, PATCH, POST or DELETE. @throws {ArmError} refused. */
  async ask(
    method: 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    body?: JsonRecord,
  ): Promise<Accepted> {
    const answer = await this.#send(method, path, body)
    const text = await answer.text()
    return {
      status: answer.status,
      body: text === '' ? null : JSON.parse(text),
      operationUrl: answer.headers.get('azure-asyncoperation'),
      resultUrl: answer.headers.get('location'),
      correlationId: answer.headers.get('x-ms-correlation-request-id'),
    }
  }

  /** Sends bytes as they are. @throws {ArmError} refused. */
  async putBytes(path: string, bytes: Uint8Array): Promise<JsonRecord> {
    return JSON.parse(await (await this.#send('PUT', path, bytes)).text())
  }

  /** Asks until the action is over. @throws {ArmError} it failed, with its own code. */
  async wait(
    operationUrl: string,
    tell: (progress: OperationProgress) => void = () => {},
  ): Promise<JsonRecord> {
    for (;;) {
      const operation = await this.get(operationUrl)
      const { name, status, percentComplete = 0, properties, error } = operation as any
      tell({ id: name, status, percent: percentComplete, step: properties?.step ?? null })
      if (!OVER.test(status)) await this.#options.sleep(RETRY_MS)
      else if (status === 'Succeeded') return operation
      else
        throw new ArmError({
          status: 409,
          code: 'OperationFailed',
          message: 'The operation failed.',
          ...error,
        })
    }
  }

  async #send(method: string, path: string, body?: JsonRecord | Uint8Array): Promise<HttpAnswer> {
    const { endpoint, token, send } = this.#options
    const url = path.startsWith('https:') ? path : endpoint + path
    if (new URL(url).origin !== new URL(endpoint).origin)
      throw new TypeError(`${url} is not of ${endpoint}: no token is sent there`)
    const isBytes = body instanceof Uint8Array
    const type = isBytes ? 'application/octet-stream' : 'application/json'
    const bearer = await token()
    const answer = await send(this.#versioned(url), {
      method,
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body: isBytes ? body : JSON.stringify(body) }),
    })
    if (answer.status < 400) return answer
    throw new ArmError(await faultIn(answer))
  }

  #versioned(url: string): string {
    if (/[?&]api-version=/.test(url)) return url
    return `${url}${url.includes('?') ? '&' : '?'}api-version=${this.#options.apiVersion ?? API_VERSION}`
  }
}

async function faultIn(answer: HttpAnswer): Promise<Fault> {
  const text = await answer.text()
  try {
    const { code, message, target, details } = JSON.parse(text).error
    const correlationId = answer.headers.get('x-ms-correlation-request-id')
    const known = correlationId === null ? {} : { correlationId }
    return { status: answer.status, code, message, target, details, ...known }
  } catch {
    const message = `The service answered ${answer.status}, and not in its own words.`
    return { status: answer.status, code: 'UnexpectedAnswer', message }
  }
}
