import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { ArmError, parseResourceId } from '@trusted-launch/api'
import type { Logger } from 'pino'
import type { HostDriver } from './domain/host-driver.ts'
import type { Store } from './domain/store.ts'
import { VM } from './domain/vm/vm.ts'
import { openHostDriver } from './driver/open-host-driver.ts'
import { type Counts, Metrics } from './http/metrics.ts'
import { diagnosticsFile } from './http/resources/diagnostics.ts'
import { allRoutes } from './http/routes.ts'
import { serverOf } from './http/server.ts'
import { Addresses } from './identity/addresses.ts'
import { type Administrator, firstRun, writeAdminFile } from './identity/administrator.ts'
import { StoredAuthorizer } from './identity/authorizer.ts'
import { AUDIENCES } from './identity/issuer/audiences.ts'
import { Issuer } from './identity/issuer/issuer.ts'
import { SealedValues } from './identity/sealed-values.ts'
import { serverCertificate } from './identity/tls/certificates.ts'
import { trustedIssuersIn } from './identity/trusted-issuers.ts'
import { TokenVerifier } from './identity/verify-token.ts'
import { openStore } from './store/open.ts'
import { Works } from './works.ts'

export interface ServiceOptions {
  /** Everything is kept here; made where it is not. */
  readonly data: string
  /** `127.0.0.1:8443`; port 0: a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Other names it is reached by. */
  readonly publicNames: readonly string[]
  /** What its one location is called. */
  readonly location: string
  readonly log: Logger
  /** In place of this machine's own host: time, chance and failures in tests. */
  readonly driver?: HostDriver
  readonly now?: () => number
}

/** A control plane that runs. */
export interface Service {
  readonly administrator: Administrator
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** Takes no more requests, lets go of what it does, and leaves VMs running. */
  close(): Promise<void>
}

/**
 * Starts the control plane: database, keys, host and HTTPS. `admin.json` is there once it answers.
 * @throws {StateError} `state-locked`: another one has this data. @throws {StoreError} @throws {HostError}
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const data = resolve(options.data)
  await mkdir(data, { recursive: true, mode: 0o700 })
  const opened: (() => Promise<unknown>)[] = []
  try {
    return await open({ ...options, data }, (close) => opened.unshift(close))
  } catch (error) {
    for (const close of opened) await close().catch(() => {})
    throw error
  }
}

async function open(
  options: ServiceOptions,
  onClose: (close: () => Promise<unknown>) => void,
): Promise<Service> {
  const { data, log, listen, publicNames, location, now = Date.now } = options
  const driver = options.driver ?? (await openHostDriver(data, log))
  onClose(() => driver.close())
  const store = await openStore({ path: join(data, 'service.db') })
  onClose(() => store.close())
  const sealed = await SealedValues.open(join(data, 'seal.key'), store.values)
  const adminFile = join(data, 'admin.json')
  const administrator = await firstRun(store, adminFile, now())
  const { tenantId } = administrator
  let addresses = new Addresses({ ...listen, publicNames })
  const requireBase = (host: string | undefined) => baseOf(addresses, host)
  const issuer = new Issuer({
    ...{
      tenantId,
      audiences: AUDIENCES,
      principals: store.principals,
      values: store.values,
      sealed,
      now,
    },
    bases: () => addresses.bases,
    baseOf: (host) => addresses.baseOf(host),
    failed: (err) => log.error({ err }, 'the issuer failed'),
  })
  const verifier = new TokenVerifier({
    tenantId,
    issuer,
    trusted: await trustedIssuersIn(join(data, 'trusted-issuers.json')),
    principals: store.principals,
    now,
  })
  const authorizer = new StoredAuthorizer(store.resources, now)
  const owner = randomUUID()
  const works = new Works({ store, driver, log, now, location, sealed, authorizer, owner })
  const key = await sealed.getOrMake(
    'signer/diagnostics',
    async () => new Uint8Array(randomBytes(32)),
  )
  const diagnostics = { key, driver, now }
  const tls = await serverCertificate(join(data, 'tls'), addresses.names, now())
  const app = await serverOf({
    ...{ tls, log, authorizer, issuer, baseOf: requireBase },
    routes: allRoutes(
      works.rules,
      works.ground,
      {
        tenantId,
        locationDisplayName: location,
        visible: async ({ caller }) => {
          const ids = await authorizer.subscriptionsOf(caller)
          const found = await Promise.all(ids.map((id) => store.resources.get(id)))
          return found.filter((one) => one !== null)
        },
      },
      diagnostics,
    ),
    diagnostics: (params, query) => diagnosticsFile(diagnostics, params, query),
    authenticate: (header) => verifier.authenticate(header),
    isReady: () => works.isReady(),
    metrics: new Metrics(() => countsOf(store)),
    audit: (request, action, { status, result, operationId }) => {
      if (action.startsWith('Microsoft.Authorization/')) authorizer.changed()
      return record(store, request, action, { status, result, operationId }, now())
    },
  })
  onClose(() => app.close())
  await app.listen(listen)
  const { port } = app.server.address() as AddressInfo
  addresses = new Addresses({ ...listen, port, publicNames })
  await works.start()
  onClose(() => works.stop())
  const endpoint = addresses.bases[0]!
  await writeAdminFile(adminFile, {
    ...administrator,
    endpoint,
    caFile: tls.caFile,
    authorityHost: endpoint,
    location,
  })
  const close = async () => {
    await works.stop()
    await app.close()
    await store.close()
    await driver.close()
  }
  return { administrator, endpoint, close }
}

async function countsOf({ resources, operations }: Store): Promise<Counts> {
  const unfinished = await operations.list({ unfinished: true, limit: 1000 })
  const virtualMachines = await resources.count({ type: VM })
  return { virtualMachines, unfinishedOperations: unfinished.length }
}

function baseOf(addresses: Addresses, host: string | undefined): string {
  const base = addresses.baseOf(host)
  if (base !== null) return base
  throw new ArmError({
    status: 421,
    code: 'MisdirectedRequest',
    message:
      'This service does not go by the name that the request was sent to. tl up --public-name NAME adds one.',
  })
}

type Recorded = Parameters<Parameters<typeof serverOf>[0]['audit']>

async function record(
  store: Store,
  request: Recorded[0],
  action: string,
  outcome: Recorded[2],
  at: number,
): Promise<void> {
  const { caller, id, from, correlationId } = request
  await store.audit.append({
    ...{ at, action, from, correlationId, resourceId: id, ...outcome },
    principal: caller.objectId,
    caller: caller.name,
    subscriptionId: parseResourceId(id)?.subscriptionId ?? null,
  })
}
