import { DETAIL_CLAIMS } from './windows-details.ts'
import { SETTINGS } from './windows-settings.ts'

/** What a claim's value is where there is one. `details` is a list or an object: policy can ask whether it is reported. */
export type ClaimForm = 'flag' | 'number' | 'text' | 'details'

const windowsTexts: readonly string[] = ['windows-system-root', 'windows-version']
const windowsNumbers: readonly string[] = ['windows-boot-manager-svn']

const formOfDetail = (claim: string): ClaimForm => {
  if (windowsTexts.includes(claim)) return 'text'
  return windowsNumbers.includes(claim) ? 'number' : 'details'
}

/** Every claim that evidence may make, by name: what a policy may speak of. */
export const CLAIM_FORMS: Readonly<Record<string, ClaimForm>> = {
  'secure-boot': 'flag',
  'variable-PK': 'text',
  'variable-KEK': 'text',
  'variable-db': 'text',
  'variable-dbx': 'text',
  authorities: 'details',
  images: 'details',
  'command-line': 'text',
  'sbat-level': 'text',
  'os-present': 'flag',
  'boot-counter': 'number',
  'boot-phases': 'details',
  'microsoft-authorities': 'details',
  'machine-owner-state': 'details',
  'partition-table': 'details',
  'attestation-key': 'text',
  'attestation-key-restricted': 'flag',
  windows: 'flag',
  'windows-resumed': 'flag',
  'windows-bitlocker-pcr-closed': 'flag',
  ...Object.fromEntries(
    SETTINGS.map(({ claim, kind }) => [claim, kind === 'number' ? 'number' : 'flag'] as const),
  ),
  ...Object.fromEntries(DETAIL_CLAIMS.map(({ claim }) => [claim, formOfDetail(claim)] as const)),
}

/** The names alone. */
export const CLAIM_NAMES: readonly string[] = Object.keys(CLAIM_FORMS)
