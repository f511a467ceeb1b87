import {
  diskDispositions,
  galleryDispositions,
  membersOf,
  scaleSetDispositions,
  vmDispositions,
} from '@trusted-launch/api'
import { boundNonce } from '@trusted-launch/attestation'
import type { Logger } from 'pino'
import { type MarketplaceImage, platformImages } from './catalogue/images.ts'
import { type SendArguments, send } from './delivery/send.ts'
import { AttestRate } from './domain/attest-rate.ts'
import type { Authorizer } from './domain/caller.ts'
import type { Inside } from './domain/deployment/inside.ts'
import { type DeploymentRecord, recordKey } from './domain/deployment/record.ts'
import { keepReceiverSecret, type ReceiverRules } from './domain/destinations.ts'
import { endAccess } from './domain/disk/end-access.ts'
import { signaturesOf } from './domain/gallery/named-image.ts'
import type { HostDriver } from './domain/host-driver.ts'
import type { AllowedBridge } from './domain/network/host-bridge.ts'
import type { Prefix } from './domain/network/ipv4.ts'
import { partOf } from './domain/network/planned.ts'
import { enqueueOwn } from './domain/own-operation.ts'
import { noteProofs } from './domain/proof-samples.ts'
import { type ScaleSetRules, secretsName } from './domain/scale-set/scale-set-rules.ts'
import type { AllowedSource } from './domain/sources.ts'
import type { Resource, Store, Tables, Values } from './domain/store.ts'
import type { Issue } from './domain/tokens.ts'
import { machinePlanOf } from './domain/vm/machine-plan.ts'
import { type Command, commandKey } from './domain/vm/run-command.ts'
import { type Seed, seedOf, windowsSeedOf } from './domain/vm/seed.ts'
import { stateOf, textAt } from './domain/vm/vm.ts'
import { hashPassword } from './driver/hash-password.ts'
import type { ConnectionLimits } from './http/consoles/connection.ts'
import { Consoles } from './http/consoles/consoles.ts'
import { EventFeed } from './http/event-feed.ts'
import type { Ground } from './http/ground.ts'
import { keepSecret } from './identity/administrator.ts'
import type { AttestationSigner } from './identity/attestation-signer.ts'
import { AttestationTokens } from './identity/attestation-tokens.ts'
import type { SealedValues } from './identity/sealed-values.ts'
import { type AttestGround, attest } from './jobs/attest.ts'
import { Deliverer } from './jobs/deliver.ts'
import { type DeploymentGround, deploymentHandlers } from './jobs/deployment/handlers.ts'
import { diskHandlers } from './jobs/disk-handlers.ts'
import { driftHandlers } from './jobs/drift-handlers.ts'
import { DrivenHost, type HostSize } from './jobs/driven-host.ts'
import {
  expireAttestations,
  forgetAlerts,
  forgetEvents,
  forgetOperations,
  forgetTokens,
} from './jobs/expire.ts'
import { extensionHandlers } from './jobs/extension-handlers.ts'
import { galleryHandlers } from './jobs/gallery-handlers.ts'
import { groupHandlers } from './jobs/group-handlers.ts'
import { HostHolds } from './jobs/host-holds.ts'
import { HostNetworks } from './jobs/host-networks.ts'
import { imageHandlers } from './jobs/image-handlers.ts'
import { Monitor } from './jobs/monitor.ts'
import { orFailed } from './jobs/or-failed.ts'
import { restorePointHandlers } from './jobs/restore-point-handlers.ts'
import { scaleSetHandlers } from './jobs/scale-set-handlers.ts'
import { snapshotHandlers } from './jobs/snapshot-handlers.ts'
import { TurnHolder } from './jobs/turn-holder.ts'
import { vmHandlers } from './jobs/vm-handlers.ts'
import type { VmGround } from './jobs/vm-job.ts'
import { type TokenGround, vmTokenHandler } from './jobs/vm-token.ts'
import { whatIfHandlers } from './jobs/what-if.ts'
import { type Handler, Worker } from './jobs/worker.ts'
import type { AppraisalTask } from './workers/appraisal.ts'
import { Appraisers } from './workers/appraisers.ts'

export interface WorksOptions {
  readonly store: Store
  /** Opens the host, once its lease is held. */
  readonly openHost: () => Promise<HostDriver>
  readonly log: Logger
  readonly now: () => number
  readonly location: string
  readonly sealed: SealedValues
  readonly authorizer: Authorizer
  /** The hosts that bytes may be fetched from. */
  readonly allowedSources: readonly AllowedSource[]
  /** Addresses that are routed to the host. */
  readonly publicPool: readonly Prefix[]
  /** Bridges of the host that networks may be on. */
  readonly bridges: readonly AllowedBridge[]
  /** Names this process among all. */
  readonly owner: string
  readonly signer: AttestationSigner
  /** Who issues tokens: a URL. */
  readonly issuer: () => string
  readonly nonce?: () => Uint8Array
  /** Where alerts may be sent. */
  readonly receivers: ReceiverRules
  /** The endpoints, asked from within. */
  readonly inside: () => Inside
  readonly consoleLimits: Partial<ConnectionLimits>
}

/** A guest under emulation takes this long at most until its agent answers. */
const BOOT_LIMIT_MS = 300_000
const TOKEN_SECONDS = 3_600
/** The one host of an installation. */
const HOST = 'local'
const EXPIRE_MS = 3_600_000
const TOKENS_EXPIRE_MS = 60_000
const PROOFS_NOTED_MS = 60_000

/** What works behind the endpoints: the worker, the host, and what both and the rules need. */
export class Works {
  readonly rules: ScaleSetRules
  readonly ground: Ground
  readonly #options: WorksOptions
  readonly #worker: Worker
  readonly #host: DrivenHost
  readonly #monitor: Monitor
  readonly #networks: HostNetworks
  readonly #appraisers = new Appraisers()
  readonly #attestations = new Map<string, number>()
  readonly #deliverer: Deliverer
  readonly #feed: EventFeed
  readonly #consoles: Consoles
  readonly #expiring: NodeJS.Timeout[] = []
  #startedAgain = 0

  constructor(options: WorksOptions) {
    this.#options = options
    const { store, log, now, location, owner, openHost, authorizer } = options
    this.#host = new DrivenHost({
      ...{ store, name: HOST, owner, now, log, open: openHost },
      enqueueStart: (tables, vm) => this.#enqueueStart(tables, vm),
      saw: (machine, what) => this.#monitor.saw(machine, what),
      taken: async () => {
        await this.#networks.reconcile()
        await this.#monitor.takeOver()
        await this.#endAccess()
      },
      letGo: async () => {
        await Promise.all([this.#worker.leave(HOST), this.#monitor.leave()])
      },
    })
    const attestRate = new AttestRate(now)
    this.rules = {
      attestRate,
      host: HOST,
      images: () => imagesOf(this.#host.size, now()),
      allowedSources: options.allowedSources,
      diskGib: () => this.#host.size.diskGib,
      writeUpload: (...piece) => this.driver.writeUpload(...piece),
      forgetSource: (source) => this.driver.forgetSource(source),
      place: () => ({ location, capacity: hostCapacity(this.#host.size) }),
      noNetworks: () => this.#host.size.noNetworks,
      publicPool: options.publicPool,
      bridges: options.bridges,
      notEnforced: (body) => membersOf(vmDispositions, body, 'notEnforced'),
      refused: (body) => membersOf(vmDispositions, body, 'refused'),
      notEnforcedOfSets: (body) => membersOf(scaleSetDispositions, body, 'notEnforced'),
      refusedOfSets: (body) => membersOf(scaleSetDispositions, body, 'refused'),
      refusedOfGalleries: (type, body) => membersOf(galleryDispositions[type]!, body, 'refused'),
      refusedOfDisks: (body) => membersOf(diskDispositions, body, 'refused'),
      keepSecrets: (tables, id, secrets) => this.#keep(tables, secretsName(id), secrets),
      secretsOf: async (tables, id) => (await this.#kept(secretsName(id), tables)) ?? {},
      keepCommand: (tables, key, command) => this.#keep(tables, commandKey(key), command),
      keepSeed: (...what) => this.#keepSeed(...what),
      seedOf: (tables, vmId) => this.#kept<Seed>(`seed/${vmId}`, tables),
      hashPassword,
    }
    this.#networks = new HostNetworks({
      ...{ store, driver: this.driver, now, log },
      lack: () => this.#host.size.noNetworks,
    })
    const attestGround = this.#attestGround()
    const vmGround = this.#vmGround(attestGround)
    this.#monitor = new Monitor({
      ...{ ...attestGround, store, log },
      isDriven: () => this.#host.isDriven,
    })
    const attestFor: TokenGround['attestFor'] = (vm, job, binding) =>
      attest(vm, job, { ...attestGround, binding, nonce: () => boundNonce(binding) })
    const tokens = new AttestationTokens(options.signer, options.issuer, now)
    const issue: Issue = (...of) => tokens.issue(...of)
    this.#worker = new Worker({
      ...{ store, log, owner, now },
      hosts: () => (this.#host.isDriven ? [HOST] : []),
      handlers: {
        ...vmHandlers(vmGround),
        'vm.token': vmTokenHandler(vmGround, { attestFor, issue, now }),
        ...imageHandlers(this.driver, this.rules, now),
        ...galleryHandlers(this.driver, now),
        ...diskHandlers(this.driver, this.rules, now),
        ...snapshotHandlers(this.driver, now),
        ...restorePointHandlers(this.driver, now),
        ...driftHandlers({
          ...{ now, host: HOST },
          judgeAgain: (task) => this.#appraisers.again(task),
        }),
        ...whatIfHandlers({ store, tryOn: (task) => this.#appraisers.tryOn(task) }),
        ...deploymentHandlers(this.#deploymentGround()),
        ...scaleSetHandlers({ rules: this.rules, now, location }),
        ...shown({ 'network.apply': this.#networks.apply }, now),
        ...shown({ ...groupHandlers(this.driver, now), ...extensionHandlers(vmGround) }, now),
      },
    })
    const sendGround = { rules: options.receivers, sealed: options.sealed, now }
    const sendTo = (...of: SendArguments) => send(sendGround, ...of)
    this.#feed = new EventFeed({ store, now })
    this.#consoles = new Consoles({
      ...{ driver: this.driver, authorizer, store, now, log },
      limits: options.consoleLimits,
    })
    this.#deliverer = new Deliverer({ store, log, owner, now, send: sendTo })
    const wake = () => this.#worker.wake()
    const rotateSigner = (values: Values) => options.signer.rotate(values)
    this.ground = {
      ...{ store, authorizer, location, host: HOST, now, wake, rotateSigner, attestRate, issue },
      showBoot: (record) => this.#appraisers.show({ shown: record }),
      keepSecret: (tables, ...of) => keepSecret(tables, options.sealed, ...of),
      delivery: {
        ...{ rules: options.receivers, send: sendTo, wake: () => this.#deliverer.wake() },
        keepSecret: ({ values }, ...of) => keepReceiverSecret(options.sealed.on(values), ...of),
      },
      feed: this.#feed,
      driver: this.driver,
      consoles: this.#consoles,
      inside: options.inside,
      keepDeployment: (tables, run, record) => this.#keep(tables, recordKey(run), record),
    }
  }

  /** The host, while it is driven here. */
  get driver(): HostDriver {
    return this.#host.driver
  }

  /** How many VMs the control plane has begun to start by itself. */
  get startedAgain(): number {
    return this.#startedAgain
  }

  /** How many verdicts were made here, by tier. */
  get attestations(): ReadonlyMap<string, number> {
    return this.#attestations
  }

  /** The authorities of the vTPMs' keys, in DER. */
  anchors(): Promise<readonly Uint8Array[]> {
    return this.#host.anchors()
  }

  /** @returns why the host cannot be driven, though no other service does; null: it is, or another does. */
  async start(): Promise<unknown> {
    const fault = await this.#host.start()
    this.#expiring.push(setInterval(() => this.#expire(), EXPIRE_MS).unref())
    this.#expiring.push(setInterval(() => this.#expireTokens(), TOKENS_EXPIRE_MS).unref())
    this.#expiring.push(setInterval(() => this.#noteProofs(), PROOFS_NOTED_MS).unref())
    this.#worker.start()
    this.#deliverer.start()
    this.#monitor.start()
    return fault
  }

  async stop(): Promise<void> {
    this.#feed.close()
    for (const each of this.#expiring) clearInterval(each)
    const stopped = [this.#worker.stop(), this.#monitor.stop(), this.#deliverer.stop()]
    await Promise.all([...stopped, this.#appraisers.close(), this.#consoles.close()])
    await this.#host.stop()
  }

  async isReady(): Promise<boolean> {
    return this.#host.isServed()
  }

  /** By whoever drives the host: once is enough. */
  async #expire(): Promise<void> {
    const { store, now, log } = this.#options
    if (!this.#host.isDriven) return
    const expired = expireAttestations(store, now())
    await expired.catch((err) => log.error({ err }, 'old attestations stay'))
    const ended = forgetOperations(store, now())
    await ended.catch((err) => log.error({ err }, 'old operations stay'))
    await this.#endAccess()
    const forgotten = this.driver.forgetOldUploads()
    await forgotten.catch((err) => log.error({ err }, 'old uploads stay'))
    await this.#host.tidy()
    const closed = forgetAlerts(store, now())
    await closed.catch((err) => log.error({ err }, 'old alerts stay'))
    const passed = forgetEvents(store, now())
    const lost = await passed.catch((err) => log.error({ err }, 'old events stay'))
    if (lost !== undefined && lost > 0)
      log.error({ lost }, 'alerts were not delivered before there was no more room for them')
  }

  async #endAccess(): Promise<void> {
    const { store, now, log } = this.#options
    const over = endAccess(store, HOST, now())
    await over.catch((err) => log.error({ err }, 'access to disks that is over stays'))
    this.#worker.wake()
  }

  async #expireTokens(): Promise<void> {
    const { store, now, log } = this.#options
    if (!this.#host.isDriven) return
    await forgetTokens(store, now()).catch((err) => log.error({ err }, 'old tokens stay'))
  }

  async #noteProofs(): Promise<void> {
    const { store, now, log } = this.#options
    if (!this.#host.isDriven) return
    await noteProofs(store, now()).catch((err) => log.error({ err }, 'how VMs stand is not noted'))
  }

  /** A VM's start that nobody asked for: it is in the audit as the service's own. */
  async #enqueueStart(tables: Tables, vm: Resource): Promise<void> {
    this.#startedAgain++
    const deed = { kind: 'vm.start', action: 'start/action', caller: 'control plane' }
    await enqueueOwn(tables, vm, deed, this.#options.now())
  }

  #attestGround(): AttestGround {
    const { now, nonce, store, owner } = this.#options
    const { driver } = this
    const turns = new TurnHolder({ store, owner, now })
    return {
      ...{ driver, turns, now, signer: () => this.#signer() },
      appraise: async (task: AppraisalTask) => {
        const answer = await this.#appraisers.appraise(task)
        this.#attestations.set(answer.tier, (this.#attestations.get(answer.tier) ?? 0) + 1)
        return answer
      },
      ...(nonce !== undefined && { nonce }),
    }
  }

  #vmGround(ground: AttestGround): VmGround {
    const { now, store } = this.#options
    return {
      ...{ driver: this.driver, now, bootLimitMs: BOOT_LIMIT_MS, networks: this.#networks },
      holds: new HostHolds(this.driver),
      commandOf: (key: string) => this.#kept<Command>(commandKey(key)),
      planOf: async (vm) => {
        const seed = await this.#kept<Seed>(`seed/${stateOf(vm).vmId}`)
        return machinePlanOf(vm, seed, await signaturesOf(store, vm), await partOf(store, vm))
      },
      attest: (vm, job) => attest(vm, job, ground),
    }
  }

  #deploymentGround(): DeploymentGround {
    const { now, store, inside } = this.#options
    return {
      ...{ now, inside, operationOf: (id) => store.operations.get(id) },
      recordOf: (run) => this.#kept<DeploymentRecord>(recordKey(run)),
      principalOf: (id) => store.principals.get(id),
      wake: () => this.#worker.wake(),
    }
  }

  /** Who signs verdicts now. */
  async #signer() {
    const { pkcs8 } = await this.#options.signer.current()
    const issuer = { issuer: this.#options.issuer(), lifetimeSeconds: TOKEN_SECONDS }
    return { issuer, signer: pkcs8 }
  }

  async #keepSeed(...[tables, vmId, properties, login]: Parameters<ScaleSetRules['keepSeed']>) {
    const { osType, passwordHash } = login
    const password = textAt(properties, 'osProfile', 'adminPassword')
    if (password !== null && passwordHash === null) throw new Error('a password was not hashed')
    const seed =
      osType === 'Windows'
        ? windowsSeedOf(vmId, properties)
        : seedOf(vmId, properties, passwordHash)
    await this.#keep(tables, `seed/${vmId}`, seed)
  }

  async #keep(tables: Pick<Tables, 'values'>, name: string, value: object): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(value))
    await this.#options.sealed.on(tables.values).put(name, bytes)
  }

  async #kept<T>(name: string, tables?: Pick<Tables, 'values'>): Promise<T | null> {
    const { sealed } = this.#options
    const kept = await (tables === undefined ? sealed : sealed.on(tables.values)).get(name)
    return kept === null ? null : JSON.parse(new TextDecoder().decode(kept))
  }
}

/** The guests of this project, in the versions that can be had. What a host tells nothing of is built today. */
function imagesOf({ images = {} }: Partial<HostSize>, now: number): readonly MarketplaceImage[] {
  const today = new Date(now).toISOString().slice(0, 10).replaceAll('-', '.')
  return platformImages.map((image) => ({ ...image, versions: images[image.host] ?? [today] }))
}

function shown(handlers: Record<string, Handler>, now: () => number): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(handlers).map(([kind, work]) => [kind, orFailed(work, now)]),
  )
}

function hostCapacity({ vcpus, memoryMiB, noWindows }: HostSize) {
  return {
    vcpus,
    memoryGib: memoryMiB / 1024,
    noWindows,
    architecture: process.arch === 'arm64' ? ('Arm64' as const) : ('x64' as const),
  }
}
