/**
 * A program: asks members of a network how they are, from within its namespace, until its standard input ends.
 * Reads lines of JSON, each all there is to be asked ({@link Target}s); writes one for each that is found well, or not
 * any more ({@link Answer}).
 */
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { ProbePlan } from './plan.ts'

export interface Target {
  /** Names it in answers. */
  readonly key: string
  readonly member: string
  readonly probe: ProbePlan
}

export interface Answer {
  readonly key: string
  readonly isWell: boolean
}

/** Nobody's, on every Linux. */
const NOBODY = 65_534
const PATIENCE_MS = 5_000

/** Whether a member answers; never rejects. */
export function asked({ member, probe }: Pick<Target, 'member' | 'probe'>): Promise<boolean> {
  const { protocol, port, path, intervalSeconds } = probe
  const timeout = Math.min(PATIENCE_MS, intervalSeconds * 1_000)
  return new Promise((resolve) => {
    const late = setTimeout(() => done(false), timeout)
    const at = { host: member, port }
    const request =
      protocol === 'tcp'
        ? connect(at, () => done(true))
        : (protocol === 'http' ? overHttp : overHttps)(
            { ...at, path, agent: false, rejectUnauthorized: false },
            ({ statusCode }) => done(statusCode === 200),
          ).end()
    request.on('error', () => done(false))
    function done(isWell: boolean): void {
      clearTimeout(late)
      request.destroy()
      resolve(isWell)
    }
  })
}

/** One member, asked again and again. */
class Asking {
  readonly #target: Target
  readonly #tell: (answer: Answer) => void
  #isWell: boolean | null = null
  /** Answers in a row that are other than what it is taken for. */
  #others = 0
  #timer: NodeJS.Timeout | null = null
  #isOver = false

  constructor(target: Target, tell: (answer: Answer) => void) {
    this.#target = target
    this.#tell = tell
    void this.#ask()
  }

  end(): void {
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    const { key, probe } = this.#target
    const isWell = await asked(this.#target)
    if (this.#isOver) return
    this.#others = isWell === this.#isWell ? 0 : this.#others + 1
    if (this.#isWell === null || this.#others >= probe.threshold) {
      if (this.#isWell !== isWell) this.#tell({ key, isWell })
      this.#isWell = isWell
      this.#others = 0
    }
    this.#timer = setTimeout(() => this.#ask(), probe.intervalSeconds * 1_000)
  }
}

if (import.meta.main) {
  if (process.getuid?.() === 0) {
    process.setgroups?.([])
    process.setgid?.(NOBODY)
    process.setuid?.(NOBODY)
  }
  const askings = new Map<string, Asking>()
  const tell = (answer: Answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const targets = JSON.parse(line) as Target[]
    const wanted = new Set(targets.map(({ key }) => key))
    for (const [key, asking] of askings)
      if (!wanted.has(key)) {
        asking.end()
        askings.delete(key)
      }
    for (const target of targets)
      if (!askings.has(target.key)) askings.set(target.key, new Asking(target, tell))
  })
  lines.on('close', () => process.exit())
  process.stdout.on('error', () => process.exit())
}
