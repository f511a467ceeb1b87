import { BlockList, isIP } from 'node:net'
import { concat, toHex, toUtf8 } from '@trusted-launch/codec'
import {
  contextTag,
  DER,
  der,
  EXTENSION,
  type Extension,
  extension,
  inside,
  readDer,
} from '@trusted-launch/crypto'

const DNS_NAME = contextTag(2, false)
const IP_ADDRESS = contextTag(7, false)
const PERMITTED = contextTag(0)
const SUBTREES_MAX = 1_000

/** Addresses that nobody has on the Internet: an authority may speak for all of them. */
const PRIVATE = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
]

/** subjectAltName of host names and addresses. RFC 5280, 4.2.1.6. */
export function subjectAltName(names: readonly string[]): Extension {
  const all = names.map((name) =>
    isIP(name) === 0 ? der(DNS_NAME, toUtf8(name)) : der(IP_ADDRESS, bytesOf(name)),
  )
  return extension(EXTENSION.subjectAltName, false, der(DER.SEQUENCE, ...all))
}

/**
 * nameConstraints, critical: the authority speaks for these names and for private addresses, and for nothing
 * else: whoever trusts it, or steals its key, gets no other name with it. RFC 5280, 4.2.1.10.
 */
export function nameConstraints(names: readonly string[]): Extension {
  const subtrees = der(PERMITTED, ...subtreesOf(names))
  return extension(EXTENSION.nameConstraints, true, der(DER.SEQUENCE, subtrees))
}

/** Whether an authority with these constraints may speak for all those names. */
export function isPermitted({ value }: Extension, names: readonly string[]): boolean {
  const subtrees = inside(readDer(value, DER.SEQUENCE)).enter(PERMITTED).all(SUBTREES_MAX)
  const permitted = new Set(subtrees.map(({ bytes }) => toHex(bytes)))
  return subtreesOf(names).every((each) => permitted.has(toHex(each)))
}

function subtreesOf(names: readonly string[]): Uint8Array[] {
  const dns = names.filter((name) => isIP(name) === 0)
  const addresses = names.filter((name) => isIP(name) !== 0 && !isPrivate(name))
  const ranges = [...PRIVATE, ...addresses.map((each) => `${each}/${isIP(each) === 4 ? 32 : 128}`)]
  return [
    ...dns.map((name) => der(DER.SEQUENCE, der(DNS_NAME, toUtf8(name)))),
    ...ranges.map((range) => der(DER.SEQUENCE, der(IP_ADDRESS, rangeBytes(range)))),
  ]
}

function isPrivate(address: string): boolean {
  const list = new BlockList()
  for (const range of PRIVATE) {
    const [network, bits] = range.split('/') as [string, string]
    list.addSubnet(network, Number(bits), familyOf(network))
  }
  return list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

/** Address, then mask. */
function rangeBytes(range: string): Uint8Array {
  const [network, bits] = range.split('/') as [string, string]
  const address = bytesOf(network)
  const mask = address.map(
    (_, i) => 0xff & (0xff00 >> Math.min(8, Math.max(0, Number(bits) - 8 * i))),
  )
  return concat(address, mask)
}

/** The 4 or 16 bytes of an address; one of IPv6 by the form that URLs give it. */
function bytesOf(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number))
  const [plain] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('%')
  const [head = '', tail] = plain!.split('::')
  const groups = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const zeros = tail === undefined ? 0 : 8 - groups[0]!.length - groups[1]!.length
  const all = [...groups[0]!, ...Array<string>(zeros).fill('0'), ...groups[1]!]
  return Uint8Array.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}
