import { toLatin1 } from '@trusted-launch/codec'

/** What a file seems to be, by how it begins. */
interface Kind {
  readonly words: string
  /** The first bytes as Latin-1. */
  readonly starts: RegExp
  /** What it may well have been given as: then it is that, and broken. */
  readonly takenFor?: RegExp
}

const looked = 1024

/** Files that stand beside each other where a quote is made, and are named for one another. */
const KINDS: readonly Kind[] = [
  { words: 'a quote (TPMS_ATTEST)', starts: /^(..)?\xffTCG/s, takenFor: /^a quote/ },
  {
    words: 'a signature (TPMT_SIGNATURE)',
    starts: /^\0[\x14\x16\x18]\0[\x04\x0b-\x0d]/,
    takenFor: /^a signature/,
  },
  {
    words: "a TPM's public key (TPMT_PUBLIC)",
    starts: /^(..)?\0[\x01\x23]\0[\x04\x0b-\x0d]\0/s,
    takenFor: /key/,
  },
  {
    words: 'a saved context, which is for its TPM alone: tpm2_readpublic -c FILE -o ak.pub',
    starts: /^\xba\xdc\xc0\xde/,
  },
  {
    words: 'a certificate or key in PEM',
    starts: /^\s*-----BEGIN /,
    takenFor: /key|certificate/,
  },
  {
    words: 'a certificate or key in DER',
    starts: /^\x30\x82/,
    takenFor: /key|certificate|signature/,
  },
  {
    words: 'PCR values',
    starts:
      /^(\s*sha(1|256|384|512)\s*:|\s*\{\s*"(alg|pcrs|sha(1|256|384|512))"\s*:|[\x01-\x04]\0\0\0[\x04\x0b-\x0d]\0\x03)/,
    takenFor: /PCR/,
  },
  { words: 'a firmware event log', starts: /^.{32}Spec ID Event0/s, takenFor: /event log/ },
  {
    words: 'the ACPI table that tells where the log is: /sys/firmware/acpi/tables/data/CCEL is it',
    starts: /^CCEL/,
  },
  {
    words: "the kernel's IMA list as text: binary_runtime_measurements is wanted",
    starts: /^\d+ [0-9a-f]{40,128} ima/,
  },
  {
    words: "the kernel's IMA list",
    starts: /^.\0\0\0.{20}[\x03-\x0a]\0\0\0ima/s,
    takenFor: /IMA/,
  },
  {
    words: "tpm2_eventlog's text of a log: binary_bios_measurements is wanted",
    starts: /^(-{3}\s*)?version:\s*\d\s+events:/,
  },
  {
    words: 'a compressed file: unpack it first',
    starts: /^(\x1f\x8b|\x28\xb5\x2f\xfd|\xfd7zXZ\0|BZh[1-9]1AY)/,
    takenFor: /kernel module/,
  },
  {
    words: 'a dump in hexadecimal: xxd -r FILE makes bytes of it',
    starts: /^0+:? ([0-9a-f]{2,8} ){4}/,
  },
  {
    words: 'text in base64: base64 -d FILE makes bytes of it',
    starts: /^[A-Za-z0-9+/]{60,80}\r?\n[A-Za-z0-9+/]/,
  },
  { words: "systemd's userspace log", starts: /^\x1e\{/, takenFor: /userspace/ },
  {
    words: 'an appraisal record (tl appraise)',
    starts: /^\{"record":/,
    takenFor: /record/,
  },
  { words: 'reference values', starts: /^\s*\{[^[]*"variants"\s*:/, takenFor: /^reference/ },
  { words: 'a policy', starts: /^\s*\{.*"rules"\s*:/s, takenFor: /^a policy/ },
  { words: 'a JSON Web Key Set', starts: /^\s*\{\s*"keys"\s*:/, takenFor: /Key Set/ },
  { words: 'a token (tl token verify)', starts: /^eyJ[\w-]+\.eyJ/, takenFor: /text|token/ },
]

/**
 * What a file is instead of `what`, for people who swapped two names; null: nothing is known of it, or
 * it is that and broken. A guess: it decides nothing.
 */
export function otherKind(bytes: Uint8Array, what: string): string | null {
  const start = toLatin1(bytes.subarray(0, looked))
  const kind = KINDS.find(({ starts }) => starts.test(start))
  return kind === undefined || kind.takenFor?.test(what) === true
    ? null
    : `it looks like ${kind.words}`
}
