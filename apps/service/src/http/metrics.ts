import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What stands in the database, for whoever watches. */
export interface Counts {
  readonly virtualMachines: number
  readonly unfinishedOperations: number
}

/** What the service tells Prometheus of itself: requests by route, what there is, and the process. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<'method' | 'route' | 'status'>

  /** @param count asked at each scrape. */
  constructor(count: () => Promise<Counts>) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      ...{ registers, name: 'trusted_launch_request_seconds', help: 'Requests by route, seconds' },
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    })
    const gauge = (name: string, help: string, of: keyof Counts) =>
      new Gauge({
        ...{ registers, name: `trusted_launch_${name}`, help },
        async collect() {
          this.set((await count())[of])
        },
      })
    gauge('virtual_machines', 'VMs on record', 'virtualMachines')
    gauge('unfinished_operations', 'Operations that are not over', 'unfinishedOperations')
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
}
