import { type AppraisalInput, type Claims, missingRevocations } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'
import uefiCa from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }

/** As Microsoft published them last, when the template was made: what VMs are made with. */
const current: ReadonlySet<string> = new Set(
  parseSecureBootTemplate(uefiCa).dbx.flatMap(({ value }) => value.map(toHex)),
)
/** By the hash of a dbx: VMs have the same few. */
const known = new Map<string, number | null>()
const KNOWN_MAX = 64

/** How many of Microsoft's current revocations the dbx lacks; null: not shown, or they are not about this VM. */
export function revocationsMissingOf(input: AppraisalInput, claims: Claims): number | null {
  const [dbx, trusted] = [claims['variable-dbx'], claims['microsoft-authorities']]
  if (dbx?.verified !== true || trusted?.verified !== true) return null
  if (!Array.isArray(trusted.value) || trusted.value.length === 0) return null
  const hash = String(dbx.value)
  if (known.has(hash)) return known.get(hash)!
  const missing = missingRevocations(input, current)
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(hash, missing)
  return missing
}
