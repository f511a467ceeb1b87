import { parseSecureBootTemplate, type SecureBootTemplate } from '@trusted-launch/uefi'
import linux from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import windows from '@trusted-launch/uefi/templates/microsoft-windows.json' with { type: 'json' }

/** The firmware's keys for a system. */
export function keysFor(osType: 'Linux' | 'Windows'): SecureBootTemplate {
  return parseSecureBootTemplate(osType === 'Linux' ? linux : windows)
}
