import { ArmError, faults } from '@trusted-launch/api'
import { requireSubscription } from '../../domain/groups.ts'
import { PROOFS_KEPT_MS, type ProofSample, proofSamples } from '../../domain/proof-samples.ts'
import type { JsonObject } from '../../domain/store.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'

const PATH = '/subscriptions/:subscriptionId/providers/Microsoft.Insights/metrics'
const MINUTE_MS = 60_000
const INTERVALS: Readonly<Record<string, number>> = {
  PT1M: MINUTE_MS,
  PT5M: 5 * MINUTE_MS,
  PT15M: 15 * MINUTE_MS,
  PT1H: 60 * MINUTE_MS,
}

interface Metric {
  readonly title: string
  readonly description: string
  readonly unit: 'Count' | 'Seconds'
  /** What is told of the samples of one interval, which are never none. */
  readonly of: (samples: readonly ProofSample[]) => JsonObject
}

const METRICS: Readonly<Record<string, Metric>> = {
  Attestations: {
    title: 'Attestations',
    description: 'Virtual machines that proved their boot, each once a minute at most',
    unit: 'Count',
    of: (samples) => ({ total: samples.reduce((sum, { proved }) => sum + proved, 0) }),
  },
  AttestationAge: {
    title: 'Age of attestations',
    description: 'How old the newest proof of a virtual machine is that is asked again',
    unit: 'Seconds',
    of: (samples) => ({
      ...told('average', meanOf(known(samples, 'average'))),
      ...told('maximum', mostOf(known(samples, 'oldest'))),
    }),
  },
  MonitoredMachines: {
    title: 'Monitored virtual machines',
    description: 'Virtual machines that run and are asked again',
    unit: 'Count',
    of: (samples) => ({ average: meanOf(samples.map(({ asked }) => asked))! }),
  },
}

/** How often and how lately VMs proved themselves, in the last day, as Azure Monitor tells metrics. */
export function metricRoutes(ground: Ground): Route[] {
  return [
    {
      ...{ method: 'GET', path: PATH, action: 'Microsoft.Insights/metrics/read' },
      handle: (request) => list(ground, request),
    },
  ]
}

async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { id, query } = request
  const subscriptionId = request.params.subscriptionId!
  await requireSubscription(ground.store, subscriptionId)
  const now = ground.now()
  const interval = query.interval ?? 'PT5M'
  const ms = INTERVALS[interval]
  if (ms === undefined) throw new ArmError(faults.invalidParameter('interval'))
  const { from, to } = spanIn(query.timespan, now)
  const names = namesIn(query.metricnames)
  const found = await proofSamples(ground.store, subscriptionId, from, now)
  const samples = found.filter(({ at }) => at <= to)
  const starts = Map.groupBy(samples, ({ at }) => Math.floor(at / ms) * ms)
  const value = names.map((name) => metricView(id, name, starts))
  const timespan = [from, to].map((time) => new Date(time).toISOString()).join('/')
  const resourceregion = ground.location
  return { status: 200, body: { timespan, interval, resourceregion, value } }
}

function metricView(
  id: string,
  name: string,
  starts: ReadonlyMap<number, readonly ProofSample[]>,
): JsonObject {
  const { title, description, unit, of } = METRICS[name]!
  const data = [...starts].map(([start, samples]) => ({
    timeStamp: new Date(start).toISOString(),
    ...of(samples),
  }))
  return {
    ...{ id: `${id}/${name}`, type: 'Microsoft.Insights/metrics', unit, errorCode: 'Success' },
    name: { value: name, localizedValue: title },
    displayDescription: description,
    timeseries: data.length === 0 ? [] : [{ metadatavalues: [], data }],
  }
}

/** `from/to`, of which the last day is there; absent: that. @throws {ArmError} */
function spanIn(text: string | undefined, now: number): { from: number; to: number } {
  if (text === undefined) return { from: now - PROOFS_KEPT_MS, to: now }
  const [from = Number.NaN, to = Number.NaN, ...more] = text.split('/').map(Date.parse)
  if (!(from < to) || more.length > 0) throw new ArmError(faults.invalidParameter('timespan'))
  return { from, to }
}

/** Absent: all. @throws {ArmError} one that is not there. */
function namesIn(text: string | undefined): readonly string[] {
  const all = Object.keys(METRICS)
  if (text === undefined) return all
  return text.split(',').map((asked) => {
    const name = all.find((one) => one.toLowerCase() === asked.trim().toLowerCase())
    if (name === undefined) throw new ArmError(faults.invalidParameter('metricnames'))
    return name
  })
}

/** In seconds. */
function known(samples: readonly ProofSample[], name: 'oldest' | 'average'): number[] {
  return samples.flatMap((one) => (one[name] === null ? [] : [one[name] / 1000]))
}

function meanOf(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.reduce((sum, one) => sum + one, 0) / values.length
}

function mostOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values)
}

/** Azure leaves out what is not known. */
function told(name: string, value: number | null): JsonObject {
  return value === null ? {} : { [name]: value }
}
