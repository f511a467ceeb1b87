import { join } from 'node:path'
import { type Boot, type HostDriver, type MachinePlan, StartRefused } from '@trusted-launch/service'
import { ReferenceFile } from './references.ts'
import { VictimDisk } from './tamper.ts'

/** What a scenario does to a VM behind the back of the control plane. */
export interface Trick {
  /** To its disk, which was made and never booted. */
  readonly tamper?: ((disk: VictimDisk) => Promise<void>) | undefined
  /** Another VM boots and answers in its place. */
  readonly isImpersonated: boolean
  /** What happens just now, for people. */
  readonly tell: (state: string) => void
}

/** A VM as its host knows it. */
export interface Performance {
  readonly plan: MachinePlan
  readonly trick: Trick
  readonly references: ReferenceFile
  /** How its last boot went; null: it was not started, or is on its way. */
  boot: Boot | null
  bootMs: number
  /** Why it was not started, the last time. */
  refusal: StartRefused | null
}

/** Of a VM that is no scenario's, as of who makes one in the portal. */
const NO_TRICK: Trick = { isImpersonated: false, tell: () => {} }
const BOOT_MS_MAX = 180_000
const SIGN_OF_LIFE_MS = 20_000

/** This machine's host, with tricks between it and the control plane; its VMs have no network. */
export class StagedHost {
  readonly #folder: string
  readonly #tricks = new Map<string, Trick>()
  readonly #performances = new Map<string, Performance>()
  readonly #making = new Set<Promise<unknown>>()
  #host: HostDriver | null = null
  #isOver = false

  /** @param folder the data folder of the control plane. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** What is to be done to the VM of that name. */
  prepare(name: string, trick: Trick): void {
    this.#tricks.set(name, trick)
  }

  /** @throws {Error} it was not made. */
  of(name: string): Performance {
    const found = [...this.#performances.values()].find(({ plan }) => plan.name === name)
    if (found === undefined) throw new Error(`${name} was not made`)
    return found
  }

  /** For the control plane: the host that it drives. */
  between(host: HostDriver): HostDriver {
    this.#host = host
    const own: Partial<HostDriver> = {
      create: (plan, signal) => this.#create(plan, signal),
      start: (id) => this.#start(id),
      waitForBoot: (id, limitMs, signal) => this.#wait(id, Math.min(limitMs, BOOT_MS_MAX), signal),
      collectEvidence: (id, request) => {
        this.#performances.get(id)!.trick.tell('attesting')
        return host.collectEvidence(this.#answering(id), request)
      },
    }
    return new Proxy(host, {
      get: (target, name: keyof HostDriver) => {
        const value = own[name] ?? target[name]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }

  get host(): HostDriver {
    return this.#host!
  }

  /** A VM's folder on its host. */
  folderOf(id: string): string {
    return join(this.#folder, 'host/vms', id)
  }

  /** Another VM like this one, with a vTPM of its own, which only its host knows. @returns its id */
  async another({ plan }: Performance): Promise<string> {
    const id = `${plan.id}-other`
    await this.host.create({ ...plan, id, network: null }, new AbortController().signal)
    return id
  }

  /** No VM is made or started any more, and each there is ends: whoever waits for one gets an error. */
  async strike(): Promise<void> {
    this.#isOver = true
    await Promise.allSettled(this.#making)
    const ids = (await this.#host?.machines()) ?? []
    const ends = await Promise.allSettled(ids.map((id) => this.host.delete(id)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  #create(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    const making = this.#made(plan, signal)
    this.#making.add(making)
    return making.finally(() => this.#making.delete(making))
  }

  async #made(plan: MachinePlan, signal: AbortSignal): Promise<void> {
    this.#requireStage()
    const trick = this.#tricks.get(plan.name) ?? NO_TRICK
    trick.tell('creating the VM and its vTPM')
    await this.host.create({ ...plan, network: null }, signal)
    const references = new ReferenceFile(join(this.#folder, `references/${plan.id}.json`))
    const performance = { plan, trick, references, boot: null, bootMs: 0, refusal: null }
    this.#performances.set(plan.id, performance)
    await trick.tamper?.(new VictimDisk(join(this.folderOf(plan.id), 'machine/disk')))
    if (trick.isImpersonated) {
      trick.tell('creating another VM')
      await this.another(performance)
    }
  }

  /** Presses the reset button, and waits for the guest's agent. @throws {Error} it does not come up. */
  async reset(name: string): Promise<void> {
    const { plan, trick } = this.of(name)
    trick.tell('booting')
    await this.#timed(plan.id, 0, () => this.host.restart(plan.id))
    const { signal } = new AbortController()
    const { kind } = await this.#wait(plan.id, BOOT_MS_MAX, signal)
    if (kind !== 'agent') throw new Error('the VM did not come up after a reset')
  }

  async #start(id: string): Promise<void> {
    this.#requireStage()
    const performance = this.#performances.get(id)!
    performance.trick.tell('booting')
    Object.assign(performance, { boot: null, refusal: null })
    try {
      await this.#timed(id, 0, () => this.host.start(this.#answering(id)))
    } catch (error) {
      if (error instanceof StartRefused) performance.refusal = error
      throw error
    }
  }

  async #wait(id: string, limitMs: number, signal: AbortSignal): Promise<Boot> {
    const performance = this.#performances.get(id)!
    const began = Date.now()
    const tell = () => {
      const seconds = Math.round((Date.now() - began) / 1000)
      performance.trick.tell(`still booting, ${seconds} s; gives up after ${limitMs / 1000} s`)
    }
    const signs = setInterval(tell, SIGN_OF_LIFE_MS)
    const wait = () => this.host.waitForBoot(this.#answering(id), limitMs, signal)
    try {
      performance.boot = await this.#timed(id, performance.bootMs, wait)
      return performance.boot
    } finally {
      clearInterval(signs)
    }
  }

  /** Adds what a part of a boot takes to what the parts before it took. */
  async #timed<T>(id: string, beforeMs: number, work: () => Promise<T>): Promise<T> {
    const performance = this.#performances.get(id)!
    const began = Date.now()
    try {
      return await work()
    } finally {
      performance.bootMs = beforeMs + Date.now() - began
    }
  }

  /** Who boots and answers as that VM. */
  #answering(id: string): string {
    return this.#performances.get(id)!.trick.isImpersonated ? `${id}-other` : id
  }

  #requireStage(): void {
    if (this.#isOver) throw new Error('interrupted')
  }
}
