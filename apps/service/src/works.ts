import type { Logger } from 'pino'
import { type SendArguments, send } from './delivery/send.ts'
import { AttestRate } from './domain/attest-rate.ts'
import type { Authorizer } from './domain/caller.ts'
import type { Inside } from './domain/deployment/inside.ts'
import { type DeploymentRecord, recordKey } from './domain/deployment/record.ts'
import { keepReceiverSecret, type ReceiverRules } from './domain/destinations.ts'
import { signaturesOf } from './domain/gallery/named-image.ts'
import type { HostDriver } from './domain/host-driver.ts'
import type { AllowedBridge } from './domain/network/host-bridge.ts'
import type { Prefix } from './domain/network/ipv4.ts'
import { partOf } from './domain/network/planned.ts'
import { enqueueOwn } from './domain/own-operation.ts'
import type { ScaleSetRules } from './domain/scale-set/scale-set-rules.ts'
import type { AllowedSource } from './domain/sources.ts'
import type { Resource, Store, Tables, Values } from './domain/store.ts'
import type { Issue } from './domain/tokens.ts'
import { machinePlanOf } from './domain/vm/machine-plan.ts'
import { type Command, commandKey } from './domain/vm/run-command.ts'
import { type Seed, seedName } from './domain/vm/seed.ts'
import { stateOf } from './domain/vm/vm.ts'
import type { ConnectionLimits } from './http/consoles/connection.ts'
import { Consoles } from './http/consoles/consoles.ts'
import { EventFeed } from './http/event-feed.ts'
import type { Ground } from './http/ground.ts'
import { keepSecret } from './identity/administrator.ts'
import type { AttestationSigner } from './identity/attestation-signer.ts'
import { AttestationTokens } from './identity/attestation-tokens.ts'
import { SealedRecords } from './identity/sealed-records.ts'
import type { SealedValues } from './identity/sealed-values.ts'
import { Attesting } from './jobs/attestation/attesting.ts'
import { Deliverer } from './jobs/deliver.ts'
import type { DeploymentGround } from './jobs/deployment/handlers.ts'
import { DrivenHost } from './jobs/driven-host.ts'
import { handlersOf } from './jobs/handlers.ts'
import { HostHolds } from './jobs/host-holds.ts'
import { HostNetworks } from './jobs/host-networks.ts'
import { Housekeeping } from './jobs/housekeeping.ts'
import { Monitor } from './jobs/monitor.ts'
import type { VmGround } from './jobs/vm/vm-job.ts'
import { Worker } from './jobs/worker.ts'
import { rulesOf } from './rules.ts'
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
/** The one host of an installation. */
const HOST = 'local'

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
  readonly #attesting: Attesting
  readonly #records: SealedRecords
  readonly #housekeeping: Housekeeping
  readonly #deliverer: Deliverer
  readonly #feed: EventFeed
  readonly #consoles: Consoles
  #startedAgain = 0

  constructor(options: WorksOptions) {
    this.#options = options
    const { store, log, now, location, owner, openHost, authorizer } = options
    this.#records = new SealedRecords(options.sealed)
    this.#host = new DrivenHost({
      ...{ store, name: HOST, owner, now, log, open: openHost },
      enqueueStart: (tables, vm) => this.#enqueueStart(tables, vm),
      saw: (machine, what) => this.#monitor.saw(machine, what),
      taken: async () => {
        await this.#networks.reconcile()
        await this.#monitor.takeOver()
        await this.#housekeeping.endAccess()
      },
      letGo: async () => {
        await Promise.all([this.#worker.leave(HOST), this.#monitor.leave()])
      },
    })
    const attestRate = new AttestRate(now)
    const { allowedSources, publicPool, bridges } = options
    this.rules = rulesOf({
      ...{ attestRate, host: HOST, allowedSources, publicPool, bridges, now, location },
      ...{ driver: this.driver, size: () => this.#host.size, records: this.#records },
    })
    this.#networks = new HostNetworks({
      ...{ store, driver: this.driver, now, log },
      lack: () => this.#host.size.noNetworks,
    })
    this.#attesting = new Attesting({
      ...{ store, driver: this.driver, appraisers: this.#appraisers, owner, now },
      ...{ signer: options.signer, issuer: options.issuer, nonce: options.nonce },
    })
    this.#monitor = new Monitor({
      ...{ ...this.#attesting.ground, store, log },
      isDriven: () => this.#host.isDriven,
    })
    const tokens = new AttestationTokens(options.signer, options.issuer, now)
    const issue: Issue = (...of) => tokens.issue(...of)
    this.#worker = new Worker({
      ...{ store, log, owner, now },
      hosts: () => (this.#host.isDriven ? [HOST] : []),
      handlers: handlersOf({
        ...{ store, driver: this.driver, host: HOST, rules: this.rules, now, location },
        ...{ networks: this.#networks, appraisers: this.#appraisers },
        vm: this.#vmGround(),
        tokens: { attestFor: (...of) => this.#attesting.attestFor(...of), issue },
        deployment: this.#deploymentGround(),
      }),
    })
    this.#housekeeping = new Housekeeping({
      ...{ store, log, now, host: HOST, driver: this.driver },
      isDriven: () => this.#host.isDriven,
      tidy: () => this.#host.tidy(),
      wake: () => this.#worker.wake(),
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
      keepDeployment: (tables, run, record) => this.#records.put(tables, recordKey(run), record),
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
    return this.#attesting.verdicts
  }

  /** The authorities of the vTPMs' keys, in DER. */
  anchors(): Promise<readonly Uint8Array[]> {
    return this.#host.anchors()
  }

  /** @returns why the host cannot be driven, though no other service does; null: it is, or another does. */
  async start(): Promise<unknown> {
    const fault = await this.#host.start()
    this.#housekeeping.start()
    this.#worker.start()
    this.#deliverer.start()
    this.#monitor.start()
    return fault
  }

  async stop(): Promise<void> {
    this.#feed.close()
    this.#housekeeping.stop()
    const stopped = [this.#worker.stop(), this.#monitor.stop(), this.#deliverer.stop()]
    await Promise.all([...stopped, this.#appraisers.close(), this.#consoles.close()])
    await this.#host.stop()
  }

  async isReady(): Promise<boolean> {
    return this.#host.isServed()
  }

  /** A VM's start that nobody asked for: it is in the audit as the service's own. */
  async #enqueueStart(tables: Tables, vm: Resource): Promise<void> {
    this.#startedAgain++
    const deed = { kind: 'vm.start', action: 'start/action', caller: 'control plane' }
    await enqueueOwn(tables, vm, deed, this.#options.now())
  }

  #vmGround(): VmGround {
    const { now, store } = this.#options
    return {
      ...{ driver: this.driver, now, bootLimitMs: BOOT_LIMIT_MS, networks: this.#networks },
      holds: new HostHolds(this.driver),
      commandOf: (key: string) => this.#records.get<Command>(commandKey(key)),
      planOf: async (vm) => {
        const seed = await this.#records.get<Seed>(seedName(stateOf(vm).vmId))
        return machinePlanOf(vm, seed, await signaturesOf(store, vm), await partOf(store, vm))
      },
      attest: (vm, job) => this.#attesting.attest(vm, job),
    }
  }

  #deploymentGround(): DeploymentGround {
    const { now, store, inside } = this.#options
    return {
      ...{ now, inside, operationOf: (id) => store.operations.get(id) },
      recordOf: (run) => this.#records.get<DeploymentRecord>(recordKey(run)),
      principalOf: (id) => store.principals.get(id),
      wake: () => this.#worker.wake(),
    }
  }
}
