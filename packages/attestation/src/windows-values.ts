import { decode, MalformedError, toHex } from '@trusted-launch/codec'
import {
  bankOf,
  FVEB_UNLOCK_FLAG,
  SIPAEVENT_REVOCATION_LIST_PAYLOAD,
  SIPAEVENT_SI_POLICY_PAYLOAD,
  sipaText,
} from '@trusted-launch/eventlog'
import type { Json } from './canonical-json.ts'
import { printable } from './printable.ts'
import { formatTime } from './time.ts'
import type { Report } from './windows-reports.ts'

// How what Windows reports is told: each throws a MalformedError for data that is not what wbcl.h says.

/** Four numbers of 16 bits, as the version of a file is packed: `10.0.26100.1742`. */
export function version(packed: bigint): string {
  return [48n, 32n, 16n, 0n].map((shift) => (packed >> shift) & 0xffffn).join('.')
}

const textCharsMax = 512

export function textOf({ data }: Report): string {
  return printable(sipaText(data).slice(0, textCharsMax))
}

/** 1970 in a FILETIME: tenths of microseconds since 1601. */
const unixEpoch = 116_444_736_000_000_000n
const endOfTimeMs = 253_402_300_800_000

function timeOf(fileTime: bigint): string {
  const ms = Number((fileTime - unixEpoch) / 10_000n)
  if (ms < 0 || ms >= endOfTimeMs) throw new MalformedError('', 0, `${fileTime} is no time`)
  return formatTime(ms)
}

export function revocationList({ data }: Report): Json {
  const { creationTime, hashAlgID, digest } = decode(SIPAEVENT_REVOCATION_LIST_PAYLOAD, data)
  return {
    created: timeOf(creationTime),
    algorithm: algorithmOf(hashAlgID),
    digest: toHex(digest),
  }
}

export function integrityPolicy({ data }: Report): Json {
  const { policyVersion, hashAlgID, policyName, digest } = decode(SIPAEVENT_SI_POLICY_PAYLOAD, data)
  return {
    name: printable(sipaText(policyName)),
    version: version(policyVersion),
    algorithm: algorithmOf(hashAlgID),
    digest: toHex(digest),
  }
}

function algorithmOf(id: number): string {
  return bankOf(id) ?? `0x${id.toString(16)}`
}

export function unlockedBy(bits: bigint): string[] {
  const named = Object.entries(FVEB_UNLOCK_FLAG).filter(([, bit]) => (bits & BigInt(bit)) !== 0n)
  const left = named.reduce((rest, [, bit]) => rest & ~BigInt(bit), bits)
  return [...named.map(([name]) => name), ...(left === 0n ? [] : [`0x${left.toString(16)}`])]
}
