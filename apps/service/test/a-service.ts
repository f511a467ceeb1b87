import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { openService, type Service, type ServiceOptions } from '../src/service.ts'
import { firstStart } from './first-start.ts'
import { ScriptedHost } from './scripted/host.ts'

export interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: any
}

/** A whole service on a scripted host, over real HTTPS, and who asks it as its administrator. */
export class TestService {
  readonly service: Service
  readonly host: ScriptedHost
  readonly ca: string
  /** Its data folder. */
  readonly data: string
  /** Of one signing in, for all who ask meanwhile. */
  #token: Promise<string> | null = null

  constructor(service: Service, host: ScriptedHost, ca: string, data: string) {
    this.service = service
    this.host = host
    this.ca = ca
    this.data = data
  }

  get subscription(): string {
    return `/subscriptions/${this.service.administrator.subscriptionId}`
  }

  group(name: string): string {
    return `${this.subscription}/resourceGroups/${name}`
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    this.#token ??= this.#signIn()
    const token = this.#token
    const versioned = /api-version=/.test(path)
      ? path
      : `${path}${path.includes('?') ? '&' : '?'}api-version=2026-04-01`
    const by = async (one: Promise<string>) => ({
      authorization: `Bearer ${await one}`,
      ...headers,
    })
    const answer = await this.send(method, versioned, await by(token), body)
    if (answer.status !== 401 || headers.authorization !== undefined) return answer
    // The clock was put forward.
    if (this.#token === token) this.#token = this.#signIn()
    return this.send(method, versioned, await by(this.#token ?? this.#signIn()), body)
  }

  /** Asks until a long action is over. */
  async over(answer: Answer): Promise<any> {
    const url = new URL(String(answer.headers['azure-asyncoperation']))
    for (;;) {
      const { body } = await this.ask('GET', url.pathname + url.search)
      if (body.status !== 'InProgress') return body
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Who could not sign in tries anew. */
  #signIn(): Promise<string> {
    const token = this.token()
    token.catch(() => {
      if (this.#token === token) this.#token = null
    })
    return token
  }

  async token(): Promise<string> {
    const { tenantId, clientId, clientSecret } = this.service.administrator
    const form = new URLSearchParams({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'client_credentials',
      scope: 'https://management.azure.com/.default',
    })
    const answer = await this.send(
      'POST',
      `/${tenantId}/oauth2/v2.0/token`,
      { 'content-type': 'application/x-www-form-urlencoded' },
      String(form),
    )
    return answer.body.access_token
  }

  send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const type =
      text !== undefined && headers['content-type'] === undefined
        ? { 'content-type': 'application/json' }
        : {}
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.service.endpoint}${path}`,
        { method, ca: this.ca, headers: { ...type, ...headers } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              body: parsed(Buffer.concat(chunks).toString()),
            }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(text)
    })
  }
}

function parsed(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Opened for a test, and gone after it. */
export async function aService(
  t: Pick<TestContext, 'after'>,
  host = new ScriptedHost(),
  options: Partial<ServiceOptions> = {},
): Promise<TestService> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'tl-service-'))
  const isOfToday = options.now === undefined && options.database === undefined
  if (options.data === undefined && isOfToday) cpSync(await firstStart(), data, { recursive: true })
  const service = await openService({
    ...{ data, publicNames: [], location: 'local', driver: host },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }),
    publicPool: ['198.51.100.0/29'],
    ...options,
  })
  t.after(async () => {
    await service.close()
    if (options.data === undefined) rmSync(data, { recursive: true, force: true })
  })
  const admin = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))
  return new TestService(service, host, readFileSync(admin.caFile, 'utf8'), data)
}

/** A service on this machine's own host, whose VMs go with it: for whole boots. Its `host` is asked nothing. */
export async function aRealService(
  t: TestContext,
  allowedSources: NonNullable<ServiceOptions['allowedSources']>,
): Promise<TestService> {
  const data = mkdtempSync(join(tmpdir(), 'tl-service-'))
  const service = await openService({
    ...{ data, publicNames: [], location: 'local', allowedSources },
    listen: { host: '127.0.0.1', port: 0 },
    log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }),
  })
  const { caFile } = service
  const tested = new TestService(service, new ScriptedHost(), readFileSync(caFile, 'utf8'), data)
  t.after(async () => {
    await tested.over(await tested.ask('DELETE', tested.group('rg')))
    await service.close()
    rmSync(data, { recursive: true, force: true })
  })
  return tested
}
