import { toHex } from '@trusted-launch/codec'
import { decodeEventData, EV } from '@trusted-launch/eventlog'
import { GUIDS } from '@trusted-launch/uefi'
import type { Json } from './canonical-json.ts'
import { isText } from './checks/boot-manager.ts'
import { isSeparator } from './checks/separators.ts'
import { databaseNamed, variablesOf } from './measured-variables.ts'
import { microsoftAuthority } from './microsoft-authorities.ts'
import type { Claim } from './result.ts'
import type { VerifiedEvent, VerifiedEventLog } from './verify-event-log.ts'

const mokPcr = 14
const diskPcr = 5
/** A header and the number of partitions. */
const tableBytesMin = 92 + 8

/**
 * - `microsoft-authorities`: which of Microsoft's are in KEK and db, of 2011 and of 2023;
 * - `machine-owner-state`: what shim measured of its own keys and settings (PCR 14), in order, as
 *   digests: which is which is not measured;
 * - `partition-table`: the disk's GUID and its number of partitions.
 */
export function firmwareClaims(log: VerifiedEventLog): Record<string, Claim> {
  return {
    'microsoft-authorities': microsoftClaim(log),
    'machine-owner-state': machineOwnerClaim(log),
    'partition-table': partitionTableClaim(log),
  }
}

function microsoftClaim(log: VerifiedEventLog): Claim {
  const given = (['KEK', 'db'] as const).map((name) => databaseNamed(log, name))
  const found: string[] = []
  for (const one of given) {
    const entries = one?.nameVouchedFor === true ? one.database.entries : null
    if (entries === null) return claim(null, [])
    for (const entry of entries) {
      const known = entry.isCertificate ? microsoftAuthority(entry.sha256) : null
      if (known !== null) found.push(known)
    }
  }
  return claim(
    found,
    given.map((one) => one!.event),
  )
}

function machineOwnerClaim(log: VerifiedEventLog): Claim {
  const measured = log.eventsOf(mokPcr)
  const trusted = variablesOf(log, EV.EFI_VARIABLE_AUTHORITY).filter(
    ({ variable: { unicodeName, variableName } }) =>
      unicodeName === 'MokListTrusted' && variableName === GUIDS.SHIM_LOCK_GUID,
  )
  if (measured.length === 0) return claim(null, [])
  return claim(
    { digests: measured.map((event) => toHex(event.digest)), trusted: trusted.length > 0 },
    [...measured, ...trusted.map(({ event }) => event)],
  )
}

/**
 * By what was measured, whatever it is told as. What is neither a table, a text nor a separator (what systemd's loader
 * tags, of which the log has not the content) may be another one: beside it none is claimed.
 */
function partitionTableClaim(log: VerifiedEventLog): Claim {
  const measured = log.eventsOf(diskPcr)
  const tables = measured.flatMap((event) => {
    const gpt = tableIn(event.explanation.measured)
    return gpt === null ? [] : [{ event, gpt }]
  })
  const [only, ...more] = tables
  const others = measured.filter((event) => !isSeparator(event) && !isText(event))
  if (only === undefined || more.length > 0 || others.length > 1) return claim(null, [])
  const { uefiPartitionHeader, partitions } = only.gpt
  const value = { disk: uefiPartitionHeader.diskGUID, partitions: partitions.length }
  return claim(value, [only.event])
}

function tableIn(data: Uint8Array | null) {
  if (data === null || data.length < tableBytesMin) return null
  const read = decodeEventData({ eventType: EV.EFI_GPT_EVENT, data })
  return read.kind === 'gpt' ? read.gpt : null
}

// Null says nothing, so there is nothing to verify.
function claim(value: Json, events: readonly VerifiedEvent[]): Claim {
  return { value, verified: value !== null, events: events.map(({ index }) => index) }
}
