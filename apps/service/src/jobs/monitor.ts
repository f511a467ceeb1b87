import { setTimeout as sleep } from 'node:timers/promises'
import { ArmError } from '@trusted-launch/api'
import type { Logger } from 'pino'
import { allVms } from '../domain/drain.ts'
import type { HostEvent } from '../domain/host-driver.ts'
import type { Resource, Store, Turn } from '../domain/store.ts'
import { stateOf } from '../domain/vm/vm.ts'
import { afterNoAnswer, agentOpened, follow, lookAfter } from '../domain/vm/watched.ts'
import { type AttestGround, attestInTurn } from './attestation/attest.ts'
import { Together } from './together.ts'
import type { Under } from './turn-holder.ts'
import { isOurs } from './worker.ts'

export interface MonitorOptions extends AttestGround {
  readonly store: Store
  readonly log: Logger
  /** Whether the host is driven here: who drives it asks its VMs. */
  readonly isDriven: () => boolean
  /** How many are asked at once: of who answers soon, and of the others; of one subscription at most half of them. */
  readonly parallel?: { readonly answering: number; readonly others: number }
  readonly pollMs?: number
}

const PARALLEL = { answering: 32, others: 8 }
const POLL_MS = 500
/** VMs that nobody looked after for a while are asked within a minute. */
const CATCH_UP_MS = 60_000

/**
 * Asks VMs for evidence when they are due: after each boot, and at each interval. Many at once, each with a time limit,
 * those that do not answer apart from the others: a guest that is slow, or wants to be, delays nobody.
 */
export class Monitor {
  readonly #options: MonitorOptions
  readonly #stop = new AbortController()
  /** Who is asked now, with their subscriptions. */
  readonly #running = {
    answering: new Map<Promise<void>, string>(),
    others: new Map<Promise<void>, string>(),
  }
  readonly #together = new Together()
  #letGo = new AbortController()
  #wake: () => void = () => {}
  #loop: Promise<void> = Promise.resolve()
  /** What was seen is written down in its order. */
  #seen: Promise<void> = Promise.resolve()

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  start(): void {
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#loop
    await this.leave()
  }

  /** Lets go of who is asked, and waits until nobody is any more. */
  async leave(): Promise<void> {
    this.#letGo.abort()
    this.#letGo = new AbortController()
    const { answering, others } = this.#running
    await Promise.all([...answering.keys(), ...others.keys(), this.#seen])
  }

  /** Of all VMs that run: what happened while nobody looked is asked for soon. */
  async takeOver(): Promise<void> {
    const { store, now, log } = this.#options
    for (const vm of await allVms(store)) {
      if (stateOf(vm).power !== 'running') continue
      const due = now() + Math.floor(CATCH_UP_MS * Math.random())
      await store
        .transaction((tables) => lookAfter(tables, vm, due))
        .catch((err) => log.error({ err, vm: vm.id }, 'it is not looked after'))
    }
    this.#wake()
  }

  /** What the host saw of a machine. */
  saw(machine: string, what: Exclude<HostEvent, 'ended'>): void {
    const { log, now } = this.#options
    const time = now()
    this.#seen = this.#seen
      .then(() => this.#note(machine, what, time))
      .catch((err) => log.error({ err, machine, what }, 'what the host saw is not written down'))
  }

  async #note(machine: string, what: Exclude<HostEvent, 'ended'>, time: number): Promise<void> {
    const { store } = this.#options
    const watched = await store.turns.get(machine.slice('vm-'.length))
    if (watched === null) return
    await store.transaction(async (tables) => {
      const vm = await tables.resources.get(watched.resourceId)
      if (vm === null || stateOf(vm).machine !== machine) return
      if (what === 'agent') await agentOpened(tables, vm, time)
      else await follow(tables, vm, { kind: what, time })
    })
    this.#wake()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { pollMs = POLL_MS } = this.#options
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const isMore = await this.#begin()
      if (!isMore) await Promise.race([woken, sleep(pollMs, undefined, { ref: false })])
    }
  }

  /** Where there is a place free: whoever is asked longest keeps only its own. @returns whether somebody is asked. */
  async #begin(): Promise<boolean> {
    const { isDriven, turns, log, parallel = PARALLEL } = this.#options
    let isMore = false
    for (const lane of ['answering', 'others'] as const) {
      const running = this.#running[lane]
      const limit = parallel[lane] - running.size
      if (limit <= 0 || !isDriven()) continue
      const each = Math.ceil(parallel[lane] / 2)
      const held = new Map<string, number>()
      for (const one of running.values()) held.set(one, (held.get(one) ?? 0) + 1)
      const of = { answering: lane === 'answering', limit, each, held }
      const claimed = await turns.claim(of).catch((err) => {
        log.error({ err }, 'nobody knows which VM is due')
        return []
      })
      for (const turn of claimed) this.#attend(turn, running)
      isMore ||= claimed.length > 0
    }
    return isMore
  }

  #attend(turn: Turn, running: Map<Promise<void>, string>): void {
    const { log } = this.#options
    const done: Promise<void> = this.#ask(turn)
      .catch((err) => {
        if (isOurs(err)) return
        log.error({ err, vm: turn.watched.resourceId }, 'a VM was not asked for its evidence')
      })
      .finally(() => {
        running.delete(done)
        this.#wake()
      })
    running.set(done, turn.watched.subscriptionId)
  }

  async #ask(turn: Turn): Promise<void> {
    const { store, log } = this.#options
    const vm = await this.#vmOf(turn)
    if (vm === null) return
    try {
      const under: Under = (work) => this.#together.run(() => store.transaction(work))
      await attestInTurn(vm, turn, { under, signal: this.#letGo.signal }, this.#options)
    } catch (error) {
      if (!(error instanceof ArmError)) throw error
      log.warn({ vm: vm.id, unanswered: turn.watched.unanswered + 1 }, error.message)
    }
  }

  /** The VM, where it is to be asked now; else its turn is ended. */
  async #vmOf(turn: Turn): Promise<Resource | null> {
    const { store, now } = this.#options
    const found = await store.resources.get(turn.watched.resourceId)
    if (found !== null && isToBeAsked(found, turn)) return found
    return store.transaction(async (tables) => {
      const { vmId, resourceId } = turn.watched
      await tables.turns.requireHeld(turn)
      const vm = await tables.resources.get(resourceId)
      if (vm === null || !isOf(vm, turn)) {
        await tables.turns.delete(vmId)
        return null
      }
      if (isToBeAsked(vm, turn)) return vm
      // An operation is on its way with it: its deadline counts none the less.
      await tables.turns.end(turn, await afterNoAnswer(tables, vm, now()))
      return null
    })
  }
}

/** Not another that has its name by now. */
function isOf(vm: Resource, { watched }: Turn): boolean {
  return stateOf(vm).vmId.toLowerCase() === watched.vmId
}

function isToBeAsked(vm: Resource, turn: Turn): boolean {
  return isOf(vm, turn) && ['running', 'unknown'].includes(stateOf(vm).power)
}
