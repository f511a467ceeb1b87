import {
  type BootChange,
  COMPONENT,
  isGrownTable,
  tableMeasured,
} from '@trusted-launch/attestation'
import { decodeEvidence } from '@trusted-launch/channel'
import { fromUtf8 } from '@trusted-launch/codec'
import { fromBase64url } from '@trusted-launch/crypto'
import type { Resource, Tables } from '../store.ts'
import { stateOf } from '../vm/vm.ts'

const TABLE_PCR = 5
/** The newest verdicts that are looked through for one that affirmed the table before. */
const LOOKED_AT = 100

/**
 * Whether all that a boot measured otherwise is a partition table that grew: as a guest leaves it that takes all of a disk
 * that became larger. What the table was is in the evidence of a boot that was affirmed: its digest is the one expected.
 * @param record of the verdict that shows the change.
 */
export async function isGrownDisk(
  { attestations }: Tables,
  vm: Resource,
  { differences }: BootChange,
  record: Uint8Array,
): Promise<boolean> {
  const [only, ...more] = differences
  if (only === undefined || more.length > 0 || only.change !== 'changed') return false
  const { component, pcr, before, after } = only
  if (component !== COMPONENT.partitionTable || pcr !== TABLE_PCR) return false
  const all = await attestations.list(stateOf(vm).vmId, { limit: LOOKED_AT })
  const good = all.find(({ tier }) => tier === 'affirming')
  const kept = good === undefined ? null : await attestations.get(good.id)
  if (kept === null) return false
  const [former, now] = [tableIn(kept.record, before!), tableIn(record, after!)]
  return former !== null && now !== null && isGrownTable(former, now)
}

function tableIn(record: Uint8Array, digest: string): Uint8Array | null {
  const { evidence } = JSON.parse(fromUtf8(record)).record
  const { eventLog } = decodeEvidence(fromBase64url(evidence))
  return eventLog === null ? null : tableMeasured(eventLog, digest)
}
