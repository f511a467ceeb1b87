import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Watching } from '../domain/figures.ts'

export interface MetricsOptions {
  /** Asked at a scrape, at most once in a few seconds. */
  readonly watch: () => Promise<Watching>
  /** How many attestations there were in this process, by tier. */
  readonly attestations: () => ReadonlyMap<string, number>
  readonly now: () => number
}

/** Several scrapers are one question to the database. */
const KEPT_MS = 5_000
const PREFIX = 'trusted_launch_'

/**
 * What the service tells Prometheus of itself: requests by route, what it watches, and the process. Labels are kinds,
 * tiers and severities: never a VM, whoever makes how many of them.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'method' | 'route' | 'status'>
  readonly #options: MetricsOptions
  #kept: { readonly at: number; readonly watching: Promise<Watching> } | null = null

  constructor(options: MetricsOptions) {
    this.#options = options
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      ...{ registers, name: `${PREFIX}request_seconds`, help: 'Requests by route, seconds' },
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    })
    this.#gauges()
    this.#labelled()
  }

  request(method: string, route: string, status: number, ms: number): void {
    this.#requests.observe({ method, route, status: String(status) }, ms / 1000)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  #watching(): Promise<Watching> {
    const at = this.#options.now()
    if (this.#kept === null || at - this.#kept.at > KEPT_MS || at < this.#kept.at)
      this.#kept = { at, watching: this.#options.watch() }
    return this.#kept.watching
  }

  #gauges(): void {
    const gauge = (name: string, help: string, of: (one: Watching, now: number) => number) => {
      const watching = () => this.#watching()
      const { now } = this.#options
      return new Gauge({
        ...{ registers: [this.#registry], name: PREFIX + name, help },
        async collect() {
          this.set(of(await watching(), now()))
        },
      })
    }
    const ago = (time: number | null, now: number) =>
      time === null ? 0 : Math.max(0, (now - time) / 1000)
    gauge('virtual_machines', 'VMs on record', (one) => one.virtualMachines)
    gauge(
      'unfinished_operations',
      'Operations that are not over',
      (one) => one.unfinishedOperations,
    )
    gauge(
      'attestations_overdue',
      'VMs that are due and were not asked yet',
      ({ overdue }) => overdue.count,
    )
    gauge(
      'attestation_due_lag_seconds',
      'How long the VM waits that is due for the longest',
      ({ overdue }, now) => ago(overdue.since, now),
    )
    gauge(
      'attestation_oldest_seconds',
      'Since when the VM gave no evidence that gave none for the longest, of those that are asked again',
      ({ oldestAnswer }, now) => ago(oldestAnswer, now),
    )
    gauge('alert_destinations', 'Destinations of alerts', ({ outbox }) => outbox.destinations)
    gauge('alert_destinations_failing', 'Those whose last try failed', (one) => one.outbox.failing)
    gauge('outbox_events', 'Events that wait for a destination', ({ outbox }) => outbox.waiting)
    gauge(
      'outbox_oldest_seconds',
      'How long the oldest event waits for a destination',
      ({ outbox }, now) => ago(outbox.since, now),
    )
    gauge(
      'outbox_dead_letters',
      'Events that destinations did not take',
      (one) => one.outbox.deadLetters,
    )
    gauge(
      'host_unknown_files',
      'Files on the host that no record names',
      ({ leftovers }) => leftovers.count,
    )
    gauge('host_unknown_file_bytes', 'What they take', ({ leftovers }) => leftovers.bytes)
    gauge('outbox_lost', 'Events that went undelivered for want of room', (one) => one.outbox.lost)
  }

  #labelled(): void {
    const watching = () => this.#watching()
    const { attestations } = this.#options
    const registers = [this.#registry]
    new Gauge({
      ...{ registers, name: `${PREFIX}verdicts`, help: 'VMs by their newest verdict' },
      labelNames: ['tier'],
      async collect() {
        this.reset()
        for (const { tier, count } of (await watching()).verdicts) this.set({ tier }, count)
      },
    })
    new Gauge({
      ...{ registers, name: `${PREFIX}open_alerts`, help: 'Alerts that are open' },
      labelNames: ['type', 'severity'],
      async collect() {
        this.reset()
        for (const { type, severity, count } of (await watching()).openAlerts)
          this.set({ type, severity }, count)
      },
    })
    new Counter({
      ...{ registers, name: `${PREFIX}attestations_total`, help: 'Verdicts made by this process' },
      labelNames: ['tier'],
      collect() {
        this.reset()
        for (const [tier, count] of attestations()) this.inc({ tier }, count)
      },
    })
  }
}
