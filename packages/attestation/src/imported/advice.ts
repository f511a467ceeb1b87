import type { FindingId } from '../finding-table.ts'
import { ADVICE } from '../findings/kind.ts'
import type { Finding } from '../result.ts'

/** What to do where nobody asked the machine, made its key or started it: somebody brought its files. */
const OF_ID: Partial<Record<FindingId, string>> = {
  'question.pcrs':
    'Quote PCR 0 to 15: without 0 to 7 (strict: without any of them) nothing can be said.',
  'question.banks': 'Quote the SHA-256 bank.',
  'quote.selection':
    'Give the values of exactly the PCRs that were quoted: the file that tpm2_quote -o wrote beside the quote.',
  'quote.pcrs':
    'Give the PCR values of the moment of the quote: the file that tpm2_quote -o wrote.',
  'quote.digest':
    'Give the PCR values of the moment of the quote: the file that tpm2_quote -o wrote.',
  'quote.algorithm':
    'Give the key and the signature that belong to this quote: these are of different kinds.',
  'quote.signature':
    'Give the key and the signature that belong to this quote; if they are these, do not trust it.',
  'attestation-key.certificate.missing':
    "Give the key's certificate too (--ak), or judge it by no authority (no --ca).",
  'attestation-key.certificate.malformed': "Give the key's certificate as its authority issued it.",
  'attestation-key.certificate.other-key': 'Give the certificate of the key that signed the quote.',
  'attestation-key.certificate.untrusted':
    'Trust the authority that issued it (--ca), if it is the one you mean, and look at its dates.',
  'attestation-key.attributes':
    'Make an attestation key, which signs only what its TPM made, with tpm2_createak, and quote with it.',
  'attestation-key.weak':
    'Make an attestation key of 2048 bits or more, or on P-256 or P-384, with SHA-256.',
  'eventlog.bank':
    'Look at banks that the log has (tl eventlog --bank), and quote those: a bank the firmware does not log says nothing. If it logged this one before, the log was cut.',
  'eventlog.malformed': 'Give binary_bios_measurements as the kernel shows it; a copy may be cut.',
  'ima.malformed': 'Give binary_runtime_measurements as the kernel shows it; a copy may be cut.',
  'userspace-log.malformed': "Give systemd's tpm2-measure.log as it is; a copy may be cut.",
  'firmware.not-learnt':
    'Learn reference values from a log of this machine: they pin PCR 0 (tl reference-values from-log).',
  'reference-values.missing':
    'Make reference values from the image that it boots (tl reference-values from-image), or learn them from this log and approve them (tl reference-values from-log).',
}

const instead: Readonly<Record<string, string>> = {
  [ADVICE.foreign]: 'Find out whose key this is, and give the one that signed the quote.',
  [ADVICE.badLog]:
    'Do not trust this log: look for root-level tampering, or for what its firmware does unlike others.',
  [ADVICE.firmware]: "Start it with its maker's current firmware, with nothing to debug it.",
  [ADVICE.settings]: "Put the firmware's Secure Boot settings right and restart it.",
}

/** Findings of imported evidence, with what its bringer can do: the host of our own VMs is not his. */
export function advisedForImport(findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({
    ...finding,
    advice: OF_ID[finding.id as FindingId] ?? instead[finding.advice] ?? finding.advice,
  }))
}
