import { ArmError, keyOf } from '@trusted-launch/api'
import type { AttestationResult } from '@trusted-launch/attestation'
import { plain } from '../plain-text.ts'
import type { Connection } from './connection.ts'
import { everything } from './everything.ts'
import { evidencePath } from './evidence.ts'

/** What stands on record of a VM beside one verdict. */
export interface Standing {
  /** When the first verdict of this tier was made that none of another followed. */
  readonly since: string
  /** False: more are kept than were looked at. */
  readonly isFirst: boolean
  /** The drift that waits for an answer, newest first. */
  readonly drift: string | null
  /** The alert that is open, newest first. */
  readonly alert: string | null
  /** When it failed first since somebody cleared that; null: nothing waits to be cleared. */
  readonly failed: string | null
}

const LOOKED_AT = 100
const SHORT = 8

/** Asks for it; what whoever asks may not see is not there. */
export async function standingBeside(
  connection: Connection,
  vm: string,
  result: AttestationResult,
): Promise<Standing> {
  const { client, subscription } = connection
  const page: any = await seen(client.get(`${evidencePath(vm)}?$top=${LOOKED_AT}`), { value: [] })
  const same: any[] = []
  for (const one of page.value) {
    if (one.properties.tier !== result.tier) break
    same.push(one)
  }
  const drifts = await seen(everything<any>(client.list(`${vm}/providers/TrustedLaunch/drift`)), [])
  const waiting = drifts.filter(({ properties: of }) => of.status === 'Pending' && of.isPresent)
  const alerts = await seen(
    everything<any>(client.list(`${subscription}/providers/Microsoft.Security/alerts`)),
    [],
  )
  const open = alerts.filter(
    ({ properties: of }) =>
      ['Active', 'InProgress'].includes(of.status) &&
      of.resourceIdentifiers?.some((one: any) => keyOf(one.azureResourceId ?? '') === keyOf(vm)),
  )
  return {
    since: same.at(-1)?.properties.time ?? result.time,
    isFirst: same.length < LOOKED_AT,
    drift: nameOf(waiting, 'lastSeen'),
    alert: nameOf(open, 'endTimeUtc'),
    failed: page.failure?.time ?? null,
  }
}

async function seen<T>(asked: Promise<T>, nothing: T): Promise<T> {
  return asked.catch((error) => {
    if (error instanceof ArmError && [403, 404].includes(error.fault.status)) return nothing
    throw error
  })
}

function nameOf(all: any[], time: string): string | null {
  const [newest] = all.sort((a, b) => (a.properties[time] < b.properties[time] ? 1 : -1))
  return newest === undefined ? null : String(newest.name).slice(0, SHORT)
}

/**
 * The end of a verdict for people: since when it is so, which components are to blame, and what to type.
 * @param of the VM as it is typed: its name, and its group where one was named
 */
export function concluded(
  { tier, findings }: AttestationResult,
  { since, isFirst, drift, alert, failed }: Standing,
  of: string,
): string {
  const blamed = new Set(
    findings.filter(({ severity }) => severity !== 'info').map(({ component }) => component),
  )
  const why = blamed.size === 0 ? '' : `: ${[...blamed].join(', ')}`
  const lines = [
    `since ${isFirst ? '' : 'before '}${since}${why}`,
    ...(tier === 'affirming'
      ? earlierOf(failed, alert, of)
      : [`next  ${nextOf(drift, alert, of)}`]),
  ]
  return `${lines.map(plain).join('\n')}\n`
}

/** Of a VM that is good again: what failed before still counts. */
function earlierOf(failed: string | null, alert: string | null, of: string): string[] {
  if (failed === null) return []
  const next = alert === null ? `tl vm clear-failure ${of} --reason TEXT` : `tl alert show ${alert}`
  return [`it failed at ${failed}, and nobody cleared that`, `next  ${next}`]
}

function nextOf(drift: string | null, alert: string | null, of: string): string {
  if (drift !== null) return `tl drift show ${of.replace(/^\S+/, `$& ${drift}`)}`
  if (alert !== null) return `tl alert show ${alert}`
  return `tl recommendation list ${of}`
}
