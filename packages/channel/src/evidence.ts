import {
  bytes,
  type Codec,
  checked,
  concat,
  constant,
  decode,
  encode,
  list,
  type Of,
  optional,
  sized,
  struct,
  u8,
  u16be,
  u32be,
} from '@trusted-launch/codec'
import { areIndices, BANK, BANKS, type BankName, PCR_INDICES } from './banks.ts'
import {
  ATTEST_BYTES_MAX,
  BANKS_MAX,
  CERTIFICATE_BYTES_MAX,
  DIGEST_BYTES_MAX,
  EVENT_LOG_BYTES_MAX,
  IMA_LOG_BYTES_MAX,
  INFO_TEXT_CHARACTERS_MAX,
  MODULE_MESSAGE_CHARACTERS_MAX,
  MODULE_MESSAGES_MAX,
  NONCE_BYTES,
  NV_PUBLIC_BYTES_MAX,
  PCR_COUNT,
  PUBLIC_BYTES_MAX,
  SIGNATURE_BYTES_MAX,
  USERSPACE_LOG_BYTES_MAX,
} from './limits.ts'
import { plainText } from './plain-text.ts'

/**
 * What a verifier asks of an attester.
 * `nonce` comes back as the quotes' qualifying data; with `extendNonce` the rollback index is
 * extended by it and certified over it.
 */
export interface EvidenceRequest {
  readonly nonce: Uint8Array
  readonly pcrs: readonly number[]
  readonly banks: readonly BankName[]
  readonly extendNonce?: Uint8Array | null
}

const NONCE = bytes(NONCE_BYTES)

const REQUEST = struct('EvidenceRequest', {
  nonce: NONCE,
  pcrs: PCR_INDICES,
  banks: BANKS,
  extendNonce: optional(NONCE),
})

/** `EvidenceRequest` on the wire; an absent `extendNonce` reads back as `null`. */
export const EVIDENCE_REQUEST: Codec<EvidenceRequest> = {
  name: 'EvidenceRequest',
  read: (from) => REQUEST.read(from),
  write: (to, { nonce, pcrs, banks, extendNonce }) =>
    REQUEST.write(to, {
      nonce,
      pcrs: [...pcrs],
      banks: [...banks],
      extendNonce: extendNonce ?? null,
    }),
}

const PCR_VALUES = checked(
  list(u8, struct('PCR', { index: u8, digest: sized(u8, { max: DIGEST_BYTES_MAX }) }), {
    max: PCR_COUNT,
  }),
  (pcrs) => (areIndices(pcrs.map((pcr) => pcr.index)) ? null : 'not ascending PCR indices'),
)

/**
 * The quote of one bank, as the TPM gave it. `attest` are the TPMS_ATTEST bytes that were signed,
 * `signature` is a TPMT_SIGNATURE, `pcrs` were read beside it and are vouched for only once they
 * hash to the quote's pcrDigest. TPM 2.0 Part 3, TPM2_Quote and TPM2_PCR_Read.
 */
export const QUOTE = struct('Quote', {
  bank: BANK,
  attest: sized(u16be, { max: ATTEST_BYTES_MAX }),
  signature: sized(u16be, { max: SIGNATURE_BYTES_MAX }),
  pcrs: PCR_VALUES,
})
export type Quote = Of<typeof QUOTE>

/**
 * The extend-only NV index, certified by the AK over the request's `extendNonce` right after it was
 * extended by it: `nvPublic` is its TPMS_NV_PUBLIC, `attest` and `signature` as in a quote.
 * TPM 2.0 Part 3, TPM2_NV_Extend and TPM2_NV_Certify.
 */
export const ROLLBACK = struct('Rollback', {
  nvPublic: sized(u16be, { max: NV_PUBLIC_BYTES_MAX }),
  attest: sized(u16be, { max: ATTEST_BYTES_MAX }),
  signature: sized(u16be, { max: SIGNATURE_BYTES_MAX }),
})
export type Rollback = Of<typeof ROLLBACK>

const INFO_TEXT = plainText(INFO_TEXT_CHARACTERS_MAX)

/** What the guest says of itself. Nothing vouches for any of it: for people, never for a verdict. */
export const AGENT_INFO = struct('AgentInfo', {
  agentVersion: INFO_TEXT,
  kernelRelease: INFO_TEXT,
  /** /proc/sys/kernel/random/boot_id: another one after each boot. */
  bootId: INFO_TEXT,
  /** /sys/kernel/security/lockdown, for example `none [integrity] confidentiality`. */
  lockdown: INFO_TEXT,
  /**
   * /sys/power/state, then what `mem` means there (/sys/power/mem_sleep): `freeze mem; mem is
   * [s2idle]`. S3, which loses PCRs, would be `deep`.
   */
  sleepStates: INFO_TEXT,
  uptimeMs: u32be,
  /** The agent's own resident memory (VmRSS). */
  residentKiB: u32be,
})
export type AgentInfo = Of<typeof AGENT_INFO>

const QUOTES = list(u8, QUOTE, { max: BANKS_MAX })
const AK_PUBLIC = sized(u16be, { max: PUBLIC_BYTES_MAX })

/** A certificate in DER, at most 2048 bytes. */
export const CERTIFICATE = sized(u16be, { max: CERTIFICATE_BYTES_MAX })

/** Everything of `Evidence` but the logs, and how many bytes each log had once the quotes stood. */
export const QUOTED = struct('Quoted', {
  quotes: QUOTES,
  akPublic: AK_PUBLIC,
  akCertificate: optional(CERTIFICATE),
  rollback: optional(ROLLBACK),
  info: AGENT_INFO,
  logSizes: struct('LogSizes', {
    eventLog: optional(u32be),
    imaLog: optional(u32be),
    userspaceLog: optional(u32be),
  }),
})
export type Quoted = Of<typeof QUOTED>

/** What the kernel wrote into its log of modules that it refused or that taint it, the oldest first. */
export const MODULE_MESSAGES = list(u8, plainText(MODULE_MESSAGE_CHARACTERS_MAX), {
  max: MODULE_MESSAGES_MAX,
})

const BEFORE_LOGS = {
  quotes: QUOTES,
  akPublic: AK_PUBLIC,
  akCertificate: optional(CERTIFICATE),
  rollback: optional(ROLLBACK),
  info: AGENT_INFO,
}
const FIELDS = {
  ...BEFORE_LOGS,
  eventLog: optional(sized(u32be, { max: EVENT_LOG_BYTES_MAX })),
  imaLog: optional(sized(u32be, { max: IMA_LOG_BYTES_MAX })),
  userspaceLog: optional(sized(u32be, { max: USERSPACE_LOG_BYTES_MAX })),
}
const EVIDENCE = struct('Evidence', { version: constant(u8, 1), ...FIELDS })
/** Of agents that hand out what the kernel says of modules. Each value has one encoding. */
const EVIDENCE_2 = struct('Evidence', {
  version: constant(u8, 2),
  ...FIELDS,
  moduleMessages: MODULE_MESSAGES,
})

/**
 * What an attester hands out. All of it is the guest's word until it is verified: the logs are
 * bytes as the kernel gave them (TCG_PCR_EVENT2s, binary_runtime_measurements, systemd's
 * tpm2-measure.log), `null` where the guest has none. The IMA list was read after the quotes, so it
 * may hold entries that they do not yet cover. `moduleMessages` are lines of the kernel's log that no register
 * ever vouches for; absent: the agent is older, or the guest has no such log.
 */
export type Evidence = Omit<Of<typeof EVIDENCE>, 'version'> & {
  readonly moduleMessages?: readonly string[]
}

/** What evidence is besides its logs, about: quotes, keys, certificate. */
const QUOTED_BYTES = 2048

/** Evidence as bytes, for keeping. The bytes that were signed stay as they came. @throws {RangeError} above a limit. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  const { eventLog, imaLog, userspaceLog } = evidence
  checkSize(eventLog, EVENT_LOG_BYTES_MAX)
  checkSize(imaLog, IMA_LOG_BYTES_MAX)
  checkSize(userspaceLog, USERSPACE_LOG_BYTES_MAX)
  return concat(...evidenceParts(evidence))
}

const HEAD = struct('Evidence', { version: u8, ...BEFORE_LOGS })

/**
 * The same in parts that follow one another, to be hashed: no log is copied, and one that somebody brought may be
 * larger than what an agent hands out. @throws {RangeError} anything else above its limit.
 */
export function evidenceParts(evidence: Evidence): Uint8Array[] {
  const { eventLog, imaLog, userspaceLog, moduleMessages } = evidence
  const version = moduleMessages === undefined ? 1 : 2
  return [
    encode(HEAD, { version, ...evidence }, QUOTED_BYTES),
    ...[eventLog, imaLog, userspaceLog].flatMap(logParts),
    ...(moduleMessages === undefined ? [] : [encode(MODULE_MESSAGES, [...moduleMessages])]),
  ]
}

const LOG_SIZE = optional(u32be)

/** A log as `FIELDS` have it. */
function logParts(log: Uint8Array | null): Uint8Array[] {
  if (log === null) return [encode(LOG_SIZE, null, 1)]
  return [encode(LOG_SIZE, log.length, 5), log]
}

function checkSize(log: Uint8Array | null, max: number): void {
  if (log !== null && log.length > max) throw new RangeError(`more than ${max} bytes`)
}

/** @throws {MalformedError} bytes that are not evidence of version 1 or 2, or above its limits. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const { version: _, ...evidence } =
    bytes[0] === 2 ? decode(EVIDENCE_2, bytes) : decode(EVIDENCE, bytes)
  return evidence
}
