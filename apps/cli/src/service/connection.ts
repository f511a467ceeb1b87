import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ArmClient,
  ArmError,
  type Fault,
  type HttpAnswer,
  keyOf,
  parseResourceId,
  typeOf,
} from '@trusted-launch/api'
import { UsageError } from '../exit-code.ts'
import { readable } from '../input-file.ts'
import { plain } from '../plain-text.ts'
import { httpsTo, type Send } from './https.ts'
import type { Profile } from './profile.ts'

/** Who asks, and where: what a token is asked for with. */
export type Credential = Pick<Profile, 'endpoint' | 'tenantId' | 'clientId' | 'clientSecret'>

/** A token is asked for again when it has less than this left. */
const SPARE_MS = 60_000
/** Where somebody failed at this machine's address, others may have to wait: as long as for one who guesses. */
const PATIENCE_MS = 60_000
const SCOPE = 'https://management.azure.com/.default'

/** A VM's id in an address. */
const VM_IN =
  /\/subscriptions\/[^/?]+\/resourceGroups\/[^/?]+\/providers\/Microsoft\.Compute\/virtualMachines\/[^/?]+/i

/** The control plane, as whoever is signed in. `close` lets its connections go. */
export class Connection {
  readonly profile: Profile
  readonly client: ArmClient
  readonly #send: ReturnType<typeof httpsTo>
  #lastVm: string | null = null

  constructor(profile: Profile) {
    this.profile = profile
    this.#send = httpsTo(profile.caFile)
    this.client = new ArmClient({
      endpoint: profile.endpoint,
      token: tokensOf(profile, this.#send),
      send: (url, request) => {
        this.#lastVm = VM_IN.exec(url)?.[0] ?? this.#lastVm
        return this.#send(url, request)
      },
      sleep: (ms) => sleep(ms),
    })
  }

  /** The id of the VM that was asked about last: what a hint is about; null: none was. */
  get lastVm(): string | null {
    return this.#lastVm
  }

  /** `/subscriptions/…` */
  get subscription(): string {
    return `/subscriptions/${this.profile.subscriptionId}`
  }

  /** A resource group's path, of its name or its id; the profile's when none is named. @throws {UsageError} */
  group(name: string = this.profile.group): string {
    if (name.startsWith('/')) return idOf(name, 'Microsoft.Resources/resourceGroups')
    return `${this.subscription}/resourceGroups/${encodeURIComponent(name)}`
  }

  /** A resource's path, of its name or its id: `resource('Microsoft.Compute/virtualMachines', 'web')`. @throws {UsageError} */
  resource(type: string, name: string, group?: string): string {
    if (name.startsWith('/')) return idOf(name, type)
    return `${this.group(group)}/providers/${type}/${encodeURIComponent(name)}`
  }

  /** What the one location of the installation is called. */
  async location(): Promise<string> {
    for await (const { name } of this.client.list(`${this.subscription}/locations`))
      return String(name)
    throw new Error('this installation serves no location')
  }

  /** What a signed address leads to: no token goes along. @throws {Error} */
  async signed(url: string): Promise<Uint8Array> {
    const answer = await this.ofSigned(url, { method: 'GET', headers: {} })
    return new Uint8Array(await answer.arrayBuffer())
  }

  /** What a signed address answers. @throws {Error} it refuses. */
  async ofSigned(url: string, request: Parameters<Send>[1]): Promise<HttpAnswer> {
    if (new URL(url).origin !== this.profile.endpoint)
      throw new Error(`${url} is not of ${this.profile.endpoint}`)
    const answer = await this.#send(url, request)
    if (answer.status < 400) return answer
    const { error } = (await jsonOf(await answer.text())) as { error?: Fault }
    if (typeof error?.code === 'string') throw new ArmError({ ...error, status: answer.status })
    throw new Error(`${new URL(url).pathname}: ${answer.status}`)
  }

  /** The authority that vouches for the control plane, PEM. @throws {Error} its file cannot be read. */
  readonly authority = (): string => {
    const { caFile } = this.profile
    return readable(caFile, () => readFileSync(caFile, 'utf8'))
  }

  close(): void {
    this.#send.close()
  }
}

/** An id of this type. @throws {UsageError} it is of another one, or no id. */
function idOf(text: string, type: string): string {
  const id = parseResourceId(text)
  if (id !== null && keyOf(typeOf(id)) === keyOf(type)) return text
  throw new UsageError(`${plain(text)} is no id of ${type}: a name, or an id as --json shows it`)
}

/** Tokens for a client's secret, kept until they are nearly over. */
export function tokensOf(credential: Credential, send: Send): () => Promise<string> {
  let kept: { token: string; until: number } | null = null
  return async () => {
    if (kept === null || Date.now() > kept.until - SPARE_MS) kept = await newToken(credential, send)
    return kept.token
  }
}

async function newToken(
  { endpoint, tenantId, clientId, clientSecret }: Credential,
  send: Send,
): Promise<{ token: string; until: number }> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: SCOPE,
  })
  const route = tenantId === 'adfs' ? '/adfs/oauth2/token' : `/${tenantId}/oauth2/v2.0/token`
  const answer = await patiently(() =>
    send(endpoint + route, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: String(form),
    }),
  )
  const body = await jsonOf(await answer.text())
  if (answer.status < 400 && typeof body.access_token === 'string')
    return { token: body.access_token, until: Date.now() + Number(body.expires_in) * 1000 }
  const why = String(body.error_description ?? body.error ?? answer.status)
  const next = answer.status === 429 ? '' : '; sign in again with tl login --admin FILE'
  throw new Error(`${endpoint} does not let ${clientId} in: ${why}${next}`)
}

/** Who is told to wait does (`Retry-After`), for a minute in all. */
async function patiently(ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  for (let left = PATIENCE_MS; ; ) {
    const answer = await ask()
    const ms = 1_000 * Number(answer.headers.get('retry-after'))
    if (answer.status !== 429 || !(ms > 0) || ms > left) return answer
    await answer.text()
    await sleep(ms)
    left -= ms
  }
}

async function jsonOf(text: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
