import { ArmError, keyOf } from '@trusted-launch/api'
import type { Tables } from '../store.ts'
import { textAt } from '../vm/vm.ts'
import { formatAddress, isWithin, type Prefix, parsePrefix, sizeOf } from './ipv4.ts'

/** A pool is looked through address by address: no prefix of it is shorter. */
const LENGTH_MIN = 16
/** This host, its loopback, between it and its networks, one link, many receivers, nobody's. @see RFC 6890 */
const NOT_ROUTED = ['0.0.0.0/8', '127.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '224.0.0.0/3']

/**
 * Where the operator names none: addresses that no network routes, so that they are reached from this host, its VMs and
 * whoever is given a route to it. @see RFC 2544 Appendix C.2.2
 */
export const ON_THIS_HOST: readonly string[] = ['198.18.0.0/24']

/** Addresses that are routed to the host, for whoever asks for a public one: `198.51.100.0/28`. @throws {TypeError} */
export function parsePublicPool(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (prefix === null || prefix.length < LENGTH_MIN)
    throw new TypeError(`${text} is no pool: ADDRESS/LENGTH of IPv4, ${LENGTH_MIN} to 32 bits long`)
  if (NOT_ROUTED.some((one) => isWithin(prefix.base, parsePrefix(one)!)))
    throw new TypeError(`${text} is routed to no host`)
  return prefix
}

/**
 * The address of the pool that a resource has from now on: the one it had, or one that is nobody's. Whose an address is
 * stays written down; it is free again once that resource is gone. All of a pool is given: each is routed by itself.
 * @param had what it has; it keeps it, whatever the pool is by now.
 * @throws {ArmError} `PublicIPAddressPoolExhausted`
 */
export async function publicAddressFor(
  { resources, values }: Pick<Tables, 'resources' | 'values'>,
  pool: readonly Prefix[],
  owner: string,
  had: string | null,
): Promise<string> {
  if (had !== null) return had
  for (const prefix of pool)
    for (let number = prefix.base; number < prefix.base + sizeOf(prefix); number++) {
      const address = formatAddress(number)
      const held = await values.get(nameOf(address))
      const holder = held === null ? null : await resources.get(new TextDecoder().decode(held))
      if (holder !== null && textAt(holder.state, 'ipAddress') === address) continue
      await values.put(nameOf(address), new TextEncoder().encode(keyOf(owner)))
      return address
    }
  throw new ArmError({
    status: 409,
    code: 'PublicIPAddressPoolExhausted',
    message: `None of the ${pool.reduce((sum, one) => sum + sizeOf(one), 0)} public addresses of this installation is free.`,
  })
}

function nameOf(address: string): string {
  return `public-address/${address}`
}
