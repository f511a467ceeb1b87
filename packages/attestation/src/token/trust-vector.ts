import type { AttestationResult, Finding, Tier } from '../result.ts'

/** What a result is about, each appraised by itself: whose machine it is, and what it booted. */
export type Submodule = 'platform' | 'boot'

/** AR4SI's eight trustworthiness claims. draft-ietf-rats-ar4si, 2.3.4. */
export const TRUST_CLAIMS = [
  'instance-identity',
  'configuration',
  'executables',
  'file-system',
  'hardware',
  'runtime-opaque',
  'storage-opaque',
  'sourced-data',
] as const
export type TrustClaim = (typeof TRUST_CLAIMS)[number]

/** A value from -128 to 127: 0 no claim, 2 to 31 affirming, 32 to 95 a warning, 96 to 127 contraindicated. */
export type TrustVector = Readonly<Record<TrustClaim, number>>

/** One submodule's verdict: the tier is that of its worst claim. */
export interface SubmoduleAppraisal {
  readonly tier: Tier
  readonly vector: TrustVector
}

/** Which claim a finding speaks against, and with which values: when it warns, and when it refuses. */
interface Row {
  readonly id: string
  readonly submodule: Submodule
  readonly claim: TrustClaim
  readonly warning: number
  readonly contraindicated: number
}

const row = (
  submodule: Submodule,
  claim: TrustClaim,
  warning: number,
  contraindicated: number,
  ...ids: string[]
): Row[] => ids.map((id) => ({ id, submodule, claim, warning, contraindicated }))

/**
 * Findings by the start of their id, the longest that fits; the values are AR4SI's own (2.3.4). Of hardware,
 * memory, storage and sources a virtual machine shows nothing: they stay at "no claim".
 */
const rows: readonly Row[] = [
  // 97: unrecognised instance; 96: recognised and not trustworthy; 99: cryptographic validation failed
  ...row('platform', 'instance-identity', 32, 97, 'attestation-key.', 'nonce.', 'agent.'),
  ...row('platform', 'instance-identity', 32, 97, 'endorsement-key.'),
  ...row('platform', 'instance-identity', 32, 96, 'vtpm.', 'verdict.'),
  ...row('platform', 'instance-identity', 32, 99, 'quote.', 'vtpm.index.', 'host.statement.'),
  // 32: unsafe, 96: unsupportable configuration
  ...row('platform', 'configuration', 32, 96, 'question.', 'host.'),
  ...row('boot', 'configuration', 32, 96, 'secure-boot', 'mok.', 'kernel-command-line.'),
  ...row(
    'boot',
    'configuration',
    32,
    96,
    'grub-configuration.',
    'partition-table.',
    'sbat-level.',
    'firmware-settings.',
    'policy.requirement',
  ),
  // 33: unrecognised, 96: contraindicated executables; 99: the log is not what the TPM measured
  ...row('boot', 'executables', 33, 99, 'eventlog.', 'pcr.', 'userspace-log.', 'tolerated.'),
  ...row('boot', 'executables', 33, 96, 'firmware.', 'boot-manager.', 'boot-chain.', 'shim.'),
  ...row('boot', 'executables', 33, 96, 'grub.', 'systemd-boot.', 'unified-kernel-image.'),
  ...row('boot', 'executables', 33, 96, 'kernel.', 'initrd.', 'exit-boot-services.', 'windows.'),
  ...row('boot', 'executables', 33, 96, 'reference-values.', 'module.', 'evidence.'),
  // 32: unrecognised, 96: contraindicated files
  ...row('boot', 'file-system', 32, 96, 'ima.'),
  // what a result never holds: it never came to an appraisal
  ...row('boot', 'executables', 33, 96, 'input.', 'pcrs.', 'anchor.', 'policy.', 'record.'),
]

/** Which row a finding falls under; null: no row knows it. */
export function rowOf(id: string): Row | null {
  const fitting = rows.filter((one) => id.startsWith(one.id))
  return fitting.sort((a, b) => b.id.length - a.id.length)[0] ?? null
}

const noClaims: TrustVector = Object.freeze({
  'instance-identity': 0,
  configuration: 0,
  executables: 0,
  'file-system': 0,
  hardware: 0,
  'runtime-opaque': 0,
  'storage-opaque': 0,
  'sourced-data': 0,
})

const platformAffirmed = Object.freeze({ ...noClaims, 'instance-identity': 2 })
const bootAffirmed = Object.freeze({ ...noClaims, configuration: 2, executables: 3 })

/**
 * A result by its parts. `platform` is affirmed once the AK on record signed the quotes; `boot` once the log
 * is verified: its executables as an approved boot (3), since what runs later is not shown.
 * @see draft-ietf-rats-ear, "Trustworthiness Vector"; draft-ietf-rats-ar4si, 2.3
 */
export function appraisalsOf(
  result: AttestationResult,
): Readonly<Record<Submodule, SubmoduleAppraisal>> {
  const { counters, bank, findings, tier } = result
  if (tier === 'none') return { platform: none, boot: none }
  const vectors = {
    platform: counters === null ? noClaims : platformAffirmed,
    boot: bank === null ? noClaims : bootAffirmed,
  }
  for (const finding of findings) lower(vectors, finding)
  return { platform: appraisal(vectors.platform), boot: appraisal(vectors.boot) }
}

const none: SubmoduleAppraisal = { tier: 'none', vector: noClaims }

function lower(vectors: Record<Submodule, TrustVector>, finding: Finding): void {
  const { id, severity } = finding
  if (severity === 'info') return
  // A finding that no row knows speaks against everything that booted.
  const found = rowOf(id) ?? row('boot', 'executables', 33, 96, id)[0]!
  const vector = vectors[found.submodule]
  const worst = Math.max(
    vector[found.claim],
    found[severity === 'high' ? 'contraindicated' : 'warning'],
  )
  vectors[found.submodule] = { ...vector, [found.claim]: worst }
}

function appraisal(vector: TrustVector): SubmoduleAppraisal {
  const worst = Math.max(...Object.values(vector))
  if (worst === 0) return { tier: 'none', vector }
  if (worst < 32) return { tier: 'affirming', vector }
  return { tier: worst < 96 ? 'warning' : 'contraindicated', vector }
}
