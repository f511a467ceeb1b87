import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { holdLock } from '@trusted-launch/host'
import type { Logger } from 'pino'
import type { AllowedReceiver, ReceiverRules } from './domain/destinations.ts'
import type { HostDriver } from './domain/host-driver.ts'
import { parseBridge } from './domain/network/host-bridge.ts'
import { ON_THIS_HOST, parsePublicPool } from './domain/network/public-pool.ts'
import type { AllowedSource } from './domain/sources.ts'
import type { Store } from './domain/store.ts'
import { openHostDriver } from './driver/open-host-driver.ts'
import { Front } from './front.ts'
import type { ConnectionLimits } from './http/consoles/connection.ts'
import { type Administrator, firstRun, writeAdminFile } from './identity/administrator.ts'
import { ATTESTATION_PATH } from './identity/attestation-documents.ts'
import { AttestationSigner } from './identity/attestation-signer.ts'
import { StoredAuthorizer } from './identity/authorizer.ts'
import { SealedValues } from './identity/sealed-values.ts'
import { databaseOf } from './settings.ts'
import { openStore } from './store/open.ts'
import type { PostgresOptions } from './store/postgres-url.ts'
import { Works } from './works.ts'

export interface ServiceOptions {
  /** What is this service's own is kept here; made where it is not. */
  readonly data: string
  /** In place of SQLite in the data folder: for several services. */
  readonly database?: PostgresOptions
  /** Where VMs and their disks are, when several services share them; the data folder otherwise. */
  readonly hostData?: string
  /** `127.0.0.1:8443`; port 0: a free one. */
  readonly listen: { readonly host: string; readonly port: number }
  /** Other names it is reached by. */
  readonly publicNames: readonly string[]
  /** What its one location is called. */
  readonly location: string
  readonly log: Logger
  /** In place of this machine's own host: time, chance and failures in tests. */
  readonly driver?: HostDriver | (() => Promise<HostDriver>)
  /** Stands between the service and this machine's own host: for who tries what the service does not see. */
  readonly between?: (driver: HostDriver) => HostDriver
  readonly now?: () => number
  /** What evidence is asked with, 32 bytes, in place of chance. */
  readonly nonce?: () => Uint8Array
  /** The hosts that images and disks may be fetched from; none by default. */
  readonly allowedSources?: readonly AllowedSource[]
  /** Hosts on private networks, and this machine, that alerts may be sent to; none by default. */
  readonly allowedReceivers?: readonly AllowedReceiver[]
  /** The folder for files of alerts; none is written by default. */
  readonly alertFiles?: string
  /** Stretches of addresses that are routed to this host, `198.51.100.0/28`, for public addresses; by default those that only this host knows. */
  readonly publicPool?: readonly string[] | undefined
  /** Bridges of this host that networks may be on, `br0:20=192.168.7.1/24,192.168.7.64-192.168.7.127`; none by default. */
  readonly bridges?: readonly string[] | undefined
  /** The portal's built files; it is not served by default. */
  readonly portal?: string
  /** In place of those of consoles: time in tests. */
  readonly consoleLimits?: Partial<ConnectionLimits>
}

/** A control plane that runs. */
export interface Service {
  readonly administrator: Administrator
  /** `https://HOST:PORT` */
  readonly endpoint: string
  /** PEM of the authority that vouches for it; an absolute path. */
  readonly caFile: string
  /** How many VMs were wanted running and did not run when it started: their starts are in course. */
  readonly startedAgain: number
  /** Takes no more requests, lets go of what it does, and leaves VMs running. */
  close(): Promise<void>
}

/**
 * Starts the control plane: database, keys, HTTPS, and the host where no other service drives it. `admin.json` is
 * there once it answers.
 * @throws {StateError} `state-locked`: another one has this data. @throws {StoreError} @throws {SealKeyError}
 * @throws {HostError} @throws {TypeError} a pool is none. @throws {ForeignHostError} the host cannot be driven, and the database is this service's alone.
 */
export async function openService(options: ServiceOptions): Promise<Service> {
  const data = resolve(options.data)
  await mkdir(data, { recursive: true, mode: 0o700 })
  const opened: (() => unknown)[] = []
  const close = () => closeAll(opened.splice(0))
  try {
    return await open({ ...options, data }, (each) => opened.unshift(each), close)
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

/** One that fails does not keep the others open. */
async function closeAll([first, ...rest]: readonly (() => unknown)[]): Promise<void> {
  try {
    await first?.()
  } finally {
    if (rest.length > 0) await closeAll(rest)
  }
}

async function open(
  options: ServiceOptions,
  onClose: (close: () => unknown) => void,
  close: () => Promise<void>,
): Promise<Service> {
  const { data, log, location, now = Date.now, allowedSources = [] } = options
  onClose(holdLock(join(data, 'lock')))
  const store = await storeOf(options)
  onClose(() => store.close())
  const sealed = await SealedValues.open(join(data, 'seal.key'), store.values)
  const adminFile = join(data, 'admin.json')
  const administrator = await firstRun(store, sealed, adminFile, now())
  const { tenantId } = administrator
  const authorizer = new StoredAuthorizer(store.resources, now)
  const openHost = hostOf(options, tenantId)
  const owner = randomUUID()
  const signer = new AttestationSigner(store, sealed, now)
  const works: Works = new Works({
    ...{ store, openHost, log, now, location, sealed, authorizer, owner, signer },
    allowedSources,
    publicPool: (options.publicPool ?? ON_THIS_HOST).map(parsePublicPool),
    bridges: (options.bridges ?? []).map(parseBridge),
    receivers: receiversOf(options),
    issuer: () => front.endpoint + ATTESTATION_PATH,
    inside: () => front.inside,
    ...(options.nonce !== undefined && { nonce: options.nonce }),
    consoleLimits: options.consoleLimits ?? {},
  })
  const of = { ...options, now, store, sealed, tenantId, authorizer, works, signer }
  const front = await Front.open(of)
  onClose(() => front.close())
  onClose(() => works.stop())
  const fault = await works.start()
  if (fault !== null && options.database === undefined) throw fault
  const { endpoint, caFile } = front
  const admin = { ...administrator, endpoint, caFile, authorityHost: endpoint, location }
  await writeAdminFile(adminFile, admin)
  return { administrator, endpoint, caFile, startedAgain: works.startedAgain, close }
}

function receiversOf({ allowedReceivers = [], alertFiles }: ServiceOptions): ReceiverRules {
  return {
    allowed: allowedReceivers,
    filesIn: alertFiles === undefined ? null : resolve(alertFiles),
  }
}

/** Who used a database of this folder before is gone: the folder is ours. */
async function storeOf({ data, database }: ServiceOptions): Promise<Store> {
  if (database !== undefined) return openStore(database)
  const store = await openStore(databaseOf(data, {}))
  await store.freeAll()
  return store
}

function hostOf(
  { data, hostData = data, driver, log, allowedSources = [], ...options }: ServiceOptions,
  tenantId: string,
): () => Promise<HostDriver> {
  const { between = (host: HostDriver) => host } = options
  if (driver === undefined)
    return async () =>
      between(await openHostDriver(resolve(hostData), tenantId, log, allowedSources))
  return typeof driver === 'function' ? driver : async () => driver
}
