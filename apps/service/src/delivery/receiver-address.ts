import { lookup } from 'node:dns/promises'
import { isReceiverAllowed, type ReceiverRules } from '../domain/destinations.ts'
import { isAddressAllowed } from '../domain/sources.ts'
import { DeliveryError } from './errors.ts'

/** The addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

/**
 * The one address of a receiver that is connected to. All that its name has must be allowed, and the connection goes
 * to this one: a name that is resolved anew might be another's by then (DNS rebinding).
 * @throws {DeliveryError} `receiver-not-allowed`, `receiver-unreachable`
 */
export async function receiverAddress(
  hostname: string,
  port: number,
  { allowed }: Pick<ReceiverRules, 'allowed'>,
  resolve: Resolve = addressesOf,
): Promise<string> {
  const name = hostname.replace(/^\[|\]$/g, '')
  const addresses = await resolve(name).catch(() => [])
  const [first] = addresses
  if (first === undefined)
    throw new DeliveryError('receiver-unreachable', `the name ${name} cannot be resolved`)
  const rule = { isPrivate: isReceiverAllowed(allowed, name, port) }
  const refused = addresses.find((address) => !isAddressAllowed(address, rule))
  if (refused === undefined) return first
  throw new DeliveryError(
    'receiver-not-allowed',
    `${refused} is of a private network or of this machine: tl up --allow-receiver ${name}:${port} allows it, link-local addresses never`,
  )
}

/** In place of the resolver of a socket: the name stays what its certificate is held against. */
export function pinnedTo(address: string) {
  const family = address.includes(':') ? 6 : 4
  return (_: string, how: { all?: boolean | undefined }, done: (...found: any[]) => void) =>
    how.all === true ? done(null, [{ address, family }]) : done(null, address, family)
}

async function addressesOf(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}
