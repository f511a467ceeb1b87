import { ArmError, faults } from '@trusted-launch/api'
import type { ProbePlan } from '../network/network-plan.ts'
import type { Json, JsonObject } from '../store.ts'
import { at, textAt } from '../vm/vm.ts'
import { protocolOf } from './balancer.ts'
import { portAt } from './rules.ts'

/** Azure's. */
const INTERVAL = { least: 5, byItself: 15, most: 2_147_483_646 } as const
const THRESHOLD_MAX = 100
const PATH = /^\/[\x21-\x7e]{0,2000}$/

/** A probe as the host asks it; one that the balancer's rules were checked with. */
export function probePlanOf(one: Json): ProbePlan {
  const number = (member: string) => at(one, 'properties', member) as number | undefined
  return {
    protocol: protocolOf(one) as ProbePlan['protocol'],
    port: number('port')!,
    path: textAt(one, 'properties', 'requestPath') ?? '/',
    intervalSeconds: number('intervalInSeconds') ?? INTERVAL.byItself,
    threshold: number('probeThreshold') ?? number('numberOfProbes') ?? 1,
  }
}

/** @throws {ArmError} `InvalidParameter` */
export function requireProbe(one: JsonObject): void {
  const target = `probes.${one.name}`
  const refuse = (member: string) => new ArmError(faults.invalidParameter(`${target}.${member}`))
  portAt(one, 'port', target)
  const protocol = textAt(one, 'properties', 'protocol')?.toLowerCase() ?? ''
  if (!['tcp', 'http', 'https'].includes(protocol)) throw refuse('protocol')
  const path = textAt(one, 'properties', 'requestPath')
  const isPath = protocol === 'tcp' ? path === null : path !== null && PATH.test(path)
  if (!isPath) throw refuse('requestPath')
  const isWithin = (value: Json | undefined, least: number, most: number) =>
    value === undefined ||
    (Number.isInteger(value) && Number(value) >= least && Number(value) <= most)
  const of = (member: string) => at(one, 'properties', member)
  if (!isWithin(of('intervalInSeconds'), INTERVAL.least, INTERVAL.most))
    throw refuse('intervalInSeconds')
  for (const member of ['numberOfProbes', 'probeThreshold'])
    if (!isWithin(of(member), 1, THRESHOLD_MAX)) throw refuse(member)
}
