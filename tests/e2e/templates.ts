import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const folder = join(import.meta.dirname, '../../packages/uefi/templates')

/** Microsoft's keys with the UEFI CA: what Debian's shim is signed for. */
export const MICROSOFT_UEFI_CA = parseSecureBootTemplate(
  JSON.parse(readFileSync(join(folder, 'microsoft-uefi-ca.json'), 'utf8')),
)
