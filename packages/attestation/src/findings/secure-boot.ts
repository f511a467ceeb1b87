import { COMPONENT } from '../component.ts'
import { ADVICE, type FindingKind, row } from './kind.ts'

/** Secure Boot: its state, its variables, its authorities. */
export const secureBootFindings = {
  'secure-boot.off': row(
    29,
    COMPONENT.secureBoot,
    'high',
    true,
    'Switch Secure Boot on and restart the VM.',
  ),
  'secure-boot.variables': row(28, COMPONENT.secureBootVariables, 'high', true, ADVICE.settings),
  'secure-boot.value': row(29, COMPONENT.secureBoot, 'high', true, ADVICE.settings),
  'secure-boot.keys': row(30, COMPONENT.secureBootVariables, 'high', true, ADVICE.settings),
  'secure-boot.authority.missing': row(30, COMPONENT.secureBoot, 'high', true, ADVICE.settings),
  'secure-boot.authority.foreign': row(30, COMPONENT.secureBoot, 'high', true, ADVICE.settings),
  'secure-boot.authority.repeated': row(30, COMPONENT.secureBoot, 'high', true, ADVICE.badLog),
  'secure-boot.debug-mode': row(31, COMPONENT.firmware, 'high', true, ADVICE.firmware),
  'secure-boot.action': row(31, COMPONENT.firmware, 'high', true, ADVICE.firmware),
  'secure-boot.dma-protection': row(31, COMPONENT.firmware, 'medium', true, ADVICE.firmware),
  'secure-boot.audit-mode': row(31, COMPONENT.secureBoot, 'medium', true, ADVICE.settings),
  'secure-boot.not-deployed': row(31, COMPONENT.secureBoot, 'low', true, ADVICE.settings),
  'secure-boot.setup-mode': row(31, COMPONENT.secureBoot, 'info', true, ADVICE.settings),
  'secure-boot.lists': row(32, COMPONENT.secureBootVariables, 'high', true, ADVICE.settings),
  'secure-boot.certificate': row(
    32,
    COMPONENT.secureBootVariables,
    'low',
    true,
    "Replace the certificate in the VM's template.",
  ),
  'secure-boot.authority.hash': row(
    34,
    COMPONENT.secureBoot,
    'low',
    true,
    'Sign the image, and take its hash out of db.',
  ),
  'secure-boot.weak': row(
    34,
    COMPONENT.secureBootVariables,
    'low',
    true,
    "Replace the weak certificate in the VM's template.",
  ),
} as const satisfies Record<string, FindingKind>
