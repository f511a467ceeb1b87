import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { toUtf8 } from '@trusted-launch/codec'
import type { Log } from '../log.ts'
import { readJson, syncFolder, writeDurably } from '../state-directory.ts'
import { NetworkError } from './errors.ts'
import { makeNetwork, namespaces, removeNetwork, setPassage } from './make-network.ts'
import { NETWORKS_MAX, type NetworkNames, namesOf, slotOf, tapOf } from './names.ts'
import { checkPlan, type NetworkPlan } from './plan.ts'
import { Probes } from './probes.ts'
import { insideOf } from './programs.ts'
import type { NetworkMode } from './support.ts'

/** How a VM's QEMU comes to its network. */
export interface Plugged {
  /** What it is run by. */
  readonly inside: readonly string[]
  /** The interface that it opens. */
  readonly tap: string
}

/** A network as it is kept: what is to be, and which of the host's names are its. */
interface Kept {
  readonly version: 1
  readonly slot: number
  readonly plan: NetworkPlan
}

export interface NetworksOptions {
  readonly stateDirectory: string
  readonly log: Log
  readonly mode: () => Promise<NetworkMode>
  /** The uid of a VM's QEMU; null: there is no such VM, or it has none of its own. */
  readonly accountOf: (machine: string) => number | null
}

/**
 * The virtual networks of a host: each a network namespace with a bridge for each subnet, and its way out through the
 * host. What is to be is written down before it is made, and everything made is named after it: killed at any moment,
 * the next manager makes the rest, and takes away what belongs to no network any more.
 */
export class Networks {
  readonly #options: NetworksOptions
  readonly #folder: string
  readonly #kept = new Map<string, Kept>()
  readonly #probes = new Map<string, Probes>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: NetworksOptions) {
    this.#options = options
    this.#folder = join(options.stateDirectory, 'networks')
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#folder)) this.#read(name)
  }

  /** Whether this host makes networks. */
  mode(): Promise<NetworkMode> {
    return this.#options.mode()
  }

  /** All there are to be. */
  plans(): readonly NetworkPlan[] {
    return [...this.#kept.values()].map(({ plan }) => plan)
  }

  /**
   * Makes a network, or changes it to what is planned, for VMs that run, too: rules change all at once.
   * An interface whose VM is not there yet comes with the next call.
   * @throws {NetworkError} `network-bad-plan`, `network-not-here`, `network-failed`, `networks-exhausted`
   */
  put(plan: NetworkPlan): Promise<void> {
    return this.#next(async () => {
      checkPlan(plan)
      const mode = await this.mode()
      if (mode.kind !== 'bridged') throw new NetworkError('network-not-here', mode.reason)
      const kept = { version: 1, slot: this.#slotFor(plan.id), plan } as const
      await writeDurably(this.#pathOf(plan.id), toUtf8(`${JSON.stringify(kept)}\n`), 0o600)
      this.#kept.set(plan.id, kept)
      await this.#make(kept)
    })
  }

  /** Nothing stays of it, nor happens when there is none. VMs that have their part in it lose it. */
  remove(id: string): Promise<void> {
    return this.#next(async () => {
      const kept = this.#kept.get(id)
      if (kept === undefined) return
      await rm(this.#pathOf(id), { force: true })
      await syncFolder(this.#folder)
      this.#kept.delete(id)
      this.#probes.get(id)?.close()
      this.#probes.delete(id)
      await removeNetwork(namesOf(this.#options.stateDirectory, kept.slot))
    })
  }

  /**
   * Before a VM starts: its network is there, also after the host started anew.
   * @throws {NetworkError} `network-missing`: no such network, or it has no part in it.
   */
  plug(id: string, machine: string): Promise<Plugged> {
    return this.#next(async () => {
      const kept = this.#kept.get(id)
      const uid = this.#options.accountOf(machine)
      const has = kept?.plan.interfaces.some((one) => one.machine === machine) ?? false
      if (kept === undefined || uid === null || !has)
        throw new NetworkError('network-missing', `${machine} has no part in a network ${id}`)
      await this.#make(kept)
      const { namespacePath } = namesOf(this.#options.stateDirectory, kept.slot)
      return { inside: insideOf(namespacePath), tap: tapOf(uid) }
    })
  }

  /** What a former manager left: networks are made again, and what belongs to none goes. One that fails is told. */
  reconcile(): Promise<void> {
    return this.#next(async () => {
      const { stateDirectory, log } = this.#options
      const slots = new Set([...this.#kept.values()].map(({ slot }) => slot))
      const found = namespaces().map((name) => slotOf(stateDirectory, name))
      const left = found.filter((slot) => slot !== null && !slots.has(slot)) as number[]
      if (left.length + slots.size === 0 || (await this.mode()).kind !== 'bridged') return
      const told = (what: string) => (e: unknown) => {
        const message = `${what}: ${e instanceof Error ? e.message : e}`
        log({ level: 'warning', event: 'network-failed', vm: null, message })
      }
      for (const slot of left)
        await removeNetwork(namesOf(stateDirectory, slot)).catch(told(`what is left of ${slot}`))
      for (const kept of this.#kept.values())
        await this.#make(kept).catch(told(`network ${kept.plan.id}`))
    })
  }

  /** Nobody's members are asked any more; networks stay as they are. */
  close(): void {
    for (const each of this.#probes.values()) each.close()
  }

  async #make({ plan, slot }: Kept): Promise<void> {
    const names = namesOf(this.#options.stateDirectory, slot)
    const probes = this.#probesOf(plan.id, names)
    await makeNetwork(names, plan, this.#pluggedOf(plan), probes.isWell.bind(probes))
    probes.ask(plan)
  }

  #pluggedOf({ interfaces }: NetworkPlan) {
    return interfaces.flatMap((one) => {
      const uid = this.#options.accountOf(one.machine)
      return uid === null ? [] : [{ ...one, uid, tap: tapOf(uid) }]
    })
  }

  /** What of a member is found changes what passes, and nothing else. */
  #probesOf(id: string, names: NetworkNames): Probes {
    const found = this.#probes.get(id)
    if (found !== undefined) return found
    let isWaiting = false
    const probes = new Probes(names.namespacePath, () => {
      if (isWaiting) return
      isWaiting = true
      this.#next(async () => {
        isWaiting = false
        const kept = this.#kept.get(id)
        if (kept === undefined) return
        await setPassage(names, kept.plan, this.#pluggedOf(kept.plan), probes.isWell.bind(probes))
      }).catch((e) => {
        const message = `members of ${id}: ${e instanceof Error ? e.message : e}`
        this.#options.log({ level: 'warning', event: 'network-failed', vm: null, message })
      })
    })
    this.#probes.set(id, probes)
    return probes
  }

  #slotFor(id: string): number {
    const kept = this.#kept.get(id)
    if (kept !== undefined) return kept.slot
    const taken = new Set([...this.#kept.values()].map(({ slot }) => slot))
    for (let slot = 0; slot < NETWORKS_MAX; slot++) if (!taken.has(slot)) return slot
    throw new NetworkError('networks-exhausted', `more than ${NETWORKS_MAX} networks`)
  }

  /** A half-written file is removed; one that is not ours is told, and left. */
  #read(name: string): void {
    const path = join(this.#folder, name)
    if (!name.endsWith('.json')) {
      rmSync(path, { force: true })
      return
    }
    try {
      const kept = readJson(path) as Kept
      checkPlan(kept.plan)
      if (kept.version !== 1 || kept.plan.id !== basename(name, '.json'))
        throw new NetworkError('network-bad-plan', name)
      this.#kept.set(kept.plan.id, kept)
    } catch (e) {
      const message = `${path}: ${e instanceof Error ? e.message : e}`
      this.#options.log({ level: 'warning', event: 'network-damaged', vm: null, message })
    }
  }

  #pathOf(id: string): string {
    return join(this.#folder, `${id}.json`)
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}
