import { HostError } from '../errors.ts'

/**
 * - `network-bad-plan`: a field of a plan is not of its form.
 * - `network-missing`: no such network on this host.
 * - `network-not-here`: this host makes no networks; the message says why.
 * - `network-failed`: a program that makes it failed; the message has what it said.
 * - `networks-exhausted`: more networks than a state directory may have.
 */
export type NetworkErrorCode =
  | 'network-bad-plan'
  | 'network-missing'
  | 'network-not-here'
  | 'network-failed'
  | 'networks-exhausted'

/** A virtual network that cannot be made as planned. */
export class NetworkError extends HostError<NetworkErrorCode> {}
