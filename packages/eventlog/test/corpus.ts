import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const beside = join(import.meta.dirname, '../../../../shared/corpus')

/** The folder of evidence recorded elsewhere; null where this machine has none. */
export const corpus: string | null =
  [process.env.EVIDENCE_CORPUS, beside].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'MANIFEST.tsv')),
  ) ?? null

/** For `test(…, { skip })`: why a test over the corpus can't run here, false where it can. */
export const skipWithoutCorpus: string | false =
  corpus === null && 'no evidence corpus: set EVIDENCE_CORPUS to its folder'

/** A file of the corpus. */
export function evidence(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(corpus!, path)))
}

/** A file of the corpus, as JSON. */
export function evidenceJson(path: string): any {
  return JSON.parse(readFileSync(join(corpus!, path), 'utf8'))
}

/** Every whole crypto-agile log of the corpus that a machine really wrote. */
export const wholeLogs = [
  'google__go-attestation/coreos_36_shielded_vm_no_secure_boot_eventlog',
  'google__go-attestation/crypto_agile_eventlog',
  'google__go-tpm-tools/attestations/gce-cos-85-no-nonce.pb.eventlog.bin',
  'google__go-tpm-tools/eventlogs/arch-linux-workstation.bin',
  'google__go-tpm-tools/eventlogs/cos-85-amd-sev.bin',
  'google__go-tpm-tools/eventlogs/eventlogwithsp800155.bin',
  'google__go-tpm-tools/eventlogs/ubuntu-2104-no-secure-boot.bin',
  'google__go-tpm-tools/eventlogs/ubuntu-2404-amd-sevsnp.bin',
  'keylime__keylime/mb/binary_bios_measurements',
  'keylime__keylime/mb/mb_log.bin',
  'own-evidence/ecc/eventlog.bin',
  'own-evidence/rsa/eventlog.bin',
  'tpm2-software__tpm2-tools/eventlogs/event-arch-linux.bin',
  'tpm2-software__tpm2-tools/eventlogs/event-bootorder.bin',
  'tpm2-software__tpm2-tools/eventlogs/event-moklisttrusted.bin',
  'tpm2-software__tpm2-tools/eventlogs/event-postcode.bin',
  'tpm2-software__tpm2-tools/eventlogs/event-sd-boot-fedora37.bin',
  'derived-attacks/00a-control-secureboot-off.bin',
  'derived-attacks/00b-control-secureboot-on.bin',
]
