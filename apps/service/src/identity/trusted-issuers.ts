import { fromUtf8 } from '@trusted-launch/codec'
import { readDurably } from '@trusted-launch/host'
import type { TrustedIssuer } from './verify-token.ts'

const FILE_MAX = 65_536
const ISSUERS_MAX = 32
const AUDIENCES_MAX = 32
const TEXT_MAX = 2_048
const MEMBERS = ['issuer', 'audiences', 'nameClaim', 'portal']
const PORTAL_MEMBERS = ['clientId', 'label', 'clientSecretFile']

/**
 * The issuers elsewhere whose tokens are taken, from a file that an operator writes:
 * `[{ "issuer": "https://…", "audiences": ["…"], "nameClaim": "email", "portal": { "clientId": "…" } }]`; none, when
 * there is no file.
 * @throws {TypeError} the file says something else; then nothing may start with half of it.
 */
export async function trustedIssuersIn(path: string): Promise<readonly TrustedIssuer[]> {
  const bytes = await readDurably(path, FILE_MAX)
  if (bytes === null) return []
  const found = parsed(bytes)
  if (!Array.isArray(found) || found.length > ISSUERS_MAX || !found.every(isTrustedIssuer))
    throw new TypeError(`${path}: not a list of at most ${ISSUERS_MAX} issuers`)
  return found
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    return null
  }
}

function isTrustedIssuer(value: unknown): value is TrustedIssuer {
  if (typeof value !== 'object' || value === null) return false
  const { issuer, audiences, nameClaim, portal } = value as Record<string, unknown>
  return (
    Object.keys(value).every((name) => MEMBERS.includes(name)) &&
    isText(issuer) &&
    URL.parse(issuer)?.protocol === 'https:' &&
    Array.isArray(audiences) &&
    audiences.length > 0 &&
    audiences.length <= AUDIENCES_MAX &&
    audiences.every(isText) &&
    (nameClaim === undefined || isText(nameClaim)) &&
    (portal === undefined || isPortalClient(portal))
  )
}

function isPortalClient(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const entries = Object.entries(value)
  return (
    entries.every(([name, text]) => PORTAL_MEMBERS.includes(name) && isText(text)) &&
    Object.hasOwn(value, 'clientId')
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= TEXT_MAX
}
