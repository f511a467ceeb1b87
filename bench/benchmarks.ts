import type { Row } from './row.ts'

/** A benchmark: measures, telling on the way what it does. */
export type Measure = (
  progress: (text: string) => void,
  options: Readonly<Record<string, number>>,
) => Promise<Row[]>

/** One entry of the list. */
export interface Benchmark {
  readonly measures: string
  /** What `--NAME NUMBER` may be said of it. */
  readonly options?: readonly string[]
  /** Loads it: nothing is loaded before it is asked for. */
  readonly load: () => Promise<Measure>
}

/** What can be measured. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  boot: {
    measures: 'from "create a VM" to "attested", against QEMU booting the same disk by itself',
    load: async () => (await import('./boot.ts')).measureBoot,
  },
  vtpm: {
    measures: 'provisioning a vTPM, against swtpm_setup with certificates',
    load: async () => (await import('./vtpm.ts')).measureVtpm,
  },
  agent: {
    measures: 'the guest agent: size, resident memory, quote latency, and a neighbour that floods',
    load: async () => (await import('./agent.ts')).measureAgent,
  },
  appraise: {
    measures: "one appraisal on one core, cold and warm, against OpenSSL's primitives summed",
    load: async () => (await import('./appraise.ts')).measureAppraise,
  },
  growth: {
    measures: 'how the time of a verdict grows with the log: 1, 10 and 100 times as many events',
    load: async () => (await import('./growth.ts')).measureGrowth,
  },
  store: {
    measures:
      'changes a second against raw commits on SQLite and PostgreSQL; pages of 100,000 rows',
    load: async () => (await import('./store.ts')).measureStore,
  },
  kills: {
    measures: 'what is lost of what was acknowledged when the service is killed under load',
    options: ['rounds', 'real', 'seed'],
    load: async () => (await import('./kills.ts')).measureKills,
  },
  monitoring: {
    measures:
      'attestations of 10,000 VMs with keys of their own, stored: speed, delay, memory, growth',
    options: ['vms', 'rounds', 'full'],
    load: async () => (await import('./monitoring.ts')).measureMonitoring,
  },
  fleet: {
    measures:
      'scale sets on a scripted host: scaling out, a rolling upgrade, looking, growth, against a tenth of it',
    options: ['instances', 'full'],
    load: async () => (await import('./fleet.ts')).measureFleet,
  },
  api: {
    measures:
      'the service over HTTPS with 1,000 to 100,000 VMs: looking, creating, resident memory',
    load: async () => (await import('./api.ts')).measureApi,
  },
  portal: {
    measures:
      'the portal in Chromium with 10,000 VMs against 10: first paint, table, scrolling, memory; a log of 5,000 events',
    options: ['vms', 'seconds', 'full'],
    load: async () => (await import('./portal.ts')).measurePortal,
  },
}
