import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeEventData, decodeEventLog, EV, type EventData } from '@trusted-launch/eventlog'

const tablePcr = 5

/**
 * Whether a partition table is another one that grew and nothing else: as a guest leaves it that makes its last
 * partition longer, on a disk that became larger. The disk, the partitions, their kinds, names and beginnings are the
 * same, and none ends earlier.
 *
 * @param before as one event of PCR 5 measures it (UEFI_GPT_DATA); `after` likewise. What they measure is for who
 *   hashes them to answer.
 */
export function isGrownTable(before: Uint8Array, after: Uint8Array): boolean {
  const [one, other] = [tableIn(before), tableIn(after)]
  if (one === null || other === null) return false
  const { uefiPartitionHeader: old, partitions: former } = one
  const { uefiPartitionHeader: now, partitions } = other
  const isDisk = now.lastUsableLBA >= old.lastUsableLBA && now.alternateLBA >= old.alternateLBA
  const header = { ...old, ...sizesOf(now) }
  if (!isDisk || !isSame(header, now) || former.length !== partitions.length) return false
  const last = former.reduce((max, { startingLBA }) => (startingLBA > max ? startingLBA : max), 0n)
  return former.every((partition, i) => {
    const grown = partitions[i]!
    const { endingLBA } = grown
    const mayGrow = partition.startingLBA === last && endingLBA <= now.lastUsableLBA
    const isLonger =
      endingLBA >= partition.endingLBA && (mayGrow || endingLBA === partition.endingLBA)
    return isLonger && isSame({ ...partition, endingLBA }, grown)
  })
}

/** The partition table that an event log has and this digest is of, as it was measured; null: none. */
export function tableMeasured(eventLog: Uint8Array, sha256: string): Uint8Array | null {
  const found = decodeEventLog(eventLog).events.find(
    ({ pcrIndex, data }) => pcrIndex === tablePcr && toHex(digest('sha256', data)) === sha256,
  )
  return found?.data ?? null
}

type Table = Extract<EventData, { kind: 'gpt' }>['gpt']

function tableIn(data: Uint8Array): Table | null {
  const found = decodeEventData({ eventType: EV.EFI_GPT_EVENT, data })
  return found.kind === 'gpt' ? found.gpt : null
}

/** What follows a larger disk. */
function sizesOf(header: Table['uefiPartitionHeader']) {
  const { headerCRC32, partitionEntryArrayCRC32, alternateLBA, lastUsableLBA } = header
  return { headerCRC32, partitionEntryArrayCRC32, alternateLBA, lastUsableLBA }
}

function isSame(a: object, b: object): boolean {
  const text = (value: object) =>
    JSON.stringify(value, (_, one) =>
      typeof one === 'bigint' ? `${one}` : one instanceof Uint8Array ? toHex(one) : one,
    )
  return text(a) === text(b)
}
