import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { NetworkPlan, ProbePlan } from './plan.ts'
import type { Answer, Target } from './prober.ts'
import { insideOf } from './programs.ts'

const PROBER = fileURLToPath(new URL('./prober.ts', import.meta.url))
const AGAIN_MS = 1_000

/** Who of a network's members is well: asked by a program in its namespace, that ends with us. */
export class Probes {
  readonly #namespacePath: string
  readonly #changed: () => void
  readonly #well = new Set<string>()
  #targets: readonly Target[] = []
  #child: ChildProcess | null = null
  /** Of the namespace that it is in. */
  #inode = 0
  #again: NodeJS.Timeout | null = null

  /** @param changed somebody is well, or not any more. */
  constructor(namespacePath: string, changed: () => void) {
    this.#namespacePath = namespacePath
    this.#changed = changed
  }

  /** Whether a member answered when it was asked last; who was not asked yet did not. */
  isWell(probe: ProbePlan, member: string): boolean {
    return this.#well.has(keyOf(probe, member))
  }

  /** Asks those of a network that is there, and nobody else. */
  ask({ balancing = [] }: Pick<NetworkPlan, 'balancing'>): void {
    const all = balancing.flatMap(({ probe, members }) =>
      probe === null ? [] : members.map((member) => ({ key: keyOf(probe, member), probe, member })),
    )
    this.#targets = [...new Map(all.map((one) => [one.key, one])).values()]
    const wanted = new Set(this.#targets.map(({ key }) => key))
    for (const key of this.#well) if (!wanted.has(key)) this.#well.delete(key)
    const isElsewhere = this.#child !== null && this.#inode !== inodeOf(this.#namespacePath)
    if (this.#targets.length === 0 || isElsewhere) this.#end()
    if (this.#targets.length === 0) return
    if (this.#child === null) this.#start()
    else this.#send()
  }

  close(): void {
    this.#targets = []
    this.#end()
  }

  #start(): void {
    const [program, ...args] = [...insideOf(this.#namespacePath), process.execPath, PROBER]
    const child = spawn(program!, args, { env: {}, stdio: ['pipe', 'pipe', 'ignore'] })
    this.#child = child
    this.#inode = inodeOf(this.#namespacePath)
    child.on('error', () => {})
    child.stdin!.on('error', () => {})
    child.unref()
    for (const pipe of [child.stdin, child.stdout]) (pipe as Socket).unref()
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (this.#child === child) this.#hear(JSON.parse(line) as Answer)
    })
    child.once('close', () => {
      if (this.#child !== child) return
      this.#child = null
      this.#again = setTimeout(() => this.#start(), AGAIN_MS).unref()
    })
    this.#send()
  }

  #hear({ key, isWell }: Answer): void {
    if (!this.#targets.some((one) => one.key === key)) return
    if (isWell) this.#well.add(key)
    else this.#well.delete(key)
    this.#changed()
  }

  #send(): void {
    this.#child?.stdin?.write(`${JSON.stringify(this.#targets)}\n`)
  }

  #end(): void {
    if (this.#again !== null) clearTimeout(this.#again)
    this.#child?.stdin?.end()
    this.#child = null
  }
}

function keyOf({ protocol, port, path, intervalSeconds, threshold }: ProbePlan, member: string) {
  return [protocol, port, path, intervalSeconds, threshold, member].join(' ')
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
}
