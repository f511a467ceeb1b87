import { ArmError } from '@trusted-launch/api'
import { type Access, type AskedAccess, accessOf, isOpen } from '../domain/disk/access.ts'
import type { Resource, Tables } from '../domain/store.ts'
import { isSigned, signedPath } from './signed-path.ts'

/** In Azure's words: a shared access signature. */
export interface AccessUris {
  readonly accessSAS: string
  readonly securityDataAccessSAS?: string
}

/** What an address leads to. */
export interface Addressed {
  readonly row: Resource
  readonly access: Access
  readonly what: What
}

/** `vhd`: the disk, and what makes a fixed VHD of it. */
export type What = 'disk' | 'vhd' | 'guestState'
export interface AddressParams {
  readonly resource: string
  readonly access: string
  readonly what: string
}

/** Where the addresses lie. */
export const ACCESS_PATH = '/access/:resource/:access/:what'

/** The addresses of an access, good until it is over or ended. */
export function addressesOf(
  key: Uint8Array,
  base: string,
  resourceId: string,
  { id, level, until, guestState }: Access,
  format: AskedAccess['format'],
): AccessUris {
  const at = (what: What) => {
    const resource = Buffer.from(resourceId).toString('base64url')
    return base + signedPath(key, pathOf({ resource, access: id, what }), until)
  }
  return {
    accessSAS: at(level === 'Read' && format === 'vhd' ? 'vhd' : 'disk'),
    ...(guestState && { securityDataAccessSAS: at('guestState') }),
  }
}

function pathOf({ resource, access, what }: AddressParams): string {
  return `/access/${resource}/${access}/${what}`
}

/** Whether an address was signed here and is not over: all that is asked before its body is read. @throws {ArmError} 403 */
export function requireSigned(
  key: Uint8Array,
  params: AddressParams,
  query: Readonly<Record<string, string>>,
  at: number,
): void {
  if (isSigned(key, pathOf(params), query, at)) return
  throw refused('The signature of this address is not good, or not any more.')
}

/** What a signed address leads to. @throws {ArmError} 403: the access was ended, or what it was of is gone. */
export async function addressed(
  { resources }: Pick<Tables, 'resources'>,
  params: AddressParams,
  at: number,
): Promise<Addressed> {
  const row = await resources.get(Buffer.from(params.resource, 'base64url').toString())
  const access = row === null ? null : accessOf(row)
  const isGood =
    access !== null &&
    isOpen(access, at) &&
    access.id === params.access &&
    access.isReady &&
    isOffered(params.what, access)
  if (isGood) return { row: row!, access, what: params.what as What }
  throw refused('The access that this address was given for was ended.')
}

function isOffered(what: string, { level, guestState }: Access): boolean {
  if (what === 'vhd') return level === 'Read'
  return what === 'disk' || (what === 'guestState' && guestState)
}

function refused(message: string): ArmError {
  return new ArmError({ status: 403, code: 'AuthenticationFailed', message })
}
