import { DETAIL_CLAIMS } from './windows-details.ts'
import { SETTINGS } from './windows-settings.ts'

/** The name of every claim that evidence may make: what a policy may speak of. */
export const CLAIM_NAMES: readonly string[] = [
  'secure-boot',
  'variable-PK',
  'variable-KEK',
  'variable-db',
  'variable-dbx',
  'authorities',
  'images',
  'command-line',
  'sbat-level',
  'os-present',
  'boot-counter',
  'boot-phases',
  'microsoft-authorities',
  'machine-owner-state',
  'partition-table',
  'attestation-key',
  'attestation-key-restricted',
  'windows',
  'windows-resumed',
  'windows-bitlocker-pcr-closed',
  ...[...SETTINGS, ...DETAIL_CLAIMS].map(({ claim }) => claim),
]
