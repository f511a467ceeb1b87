import { CERTIFICATE_BYTES_MAX, type Evidence } from '@trusted-launch/channel'
import { decode, MalformedError } from '@trusted-launch/codec'
import type { Certificate } from '@trusted-launch/crypto'
import {
  MAX_EVENT_LOG_SIZE,
  MAX_IMA_LIST_SIZE,
  MAX_USERSPACE_LOG_SIZE,
} from '@trusted-launch/eventlog'
import { nameOfPublic, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import type { Expectation } from '../expectation.ts'
import type { Profile } from '../profile.ts'
import type { ImportedKey } from './attestation-key.ts'
import type { PcrsByBank } from './pcr-file.ts'

/** What somebody brings to have a machine appraised that no record knows: the parts, decoded. */
export interface ImportedParts {
  /** TPMS_ATTEST, as it was signed. */
  readonly attest: Uint8Array
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array
  readonly key: ImportedKey
  readonly nonce: Uint8Array
  readonly pcrs: PcrsByBank
  readonly eventLog: Uint8Array
  readonly imaLog: Uint8Array | null
  readonly userspaceLog: Uint8Array | null
  /** Authorities believed to issue AK certificates; none: the certificate is not judged. */
  readonly anchors: readonly Certificate[]
  readonly profile: Profile
}

const none = new Uint8Array()
const silent: Evidence['info'] = {
  agentVersion: '',
  kernelRelease: '',
  bootId: '',
  lockdown: '',
  sleepStates: '',
  uptimeMs: 0,
  residentKiB: 0,
}

/**
 * Imported parts as what `appraiseEvidence` takes. What is asked for is what was given: its banks and
 * PCRs, which the signed selection must equal. The AK is believed because it was given; where it
 * came with its certificate and there are anchors, because they vouch for it too.
 *
 * @throws {MalformedError} a log of more bytes than its decoder takes, a certificate above 2,048: it names which.
 */
export function importEvidence(parts: ImportedParts): {
  evidence: Evidence
  expectation: Expectation
} {
  const { key, pcrs, nonce, profile, anchors } = parts
  const banks = [...pcrs.keys()]
  const numbers = new Set([...pcrs.values()].flatMap((values) => [...values.keys()]))
  const quotes = [...pcrs].map(([bank, values]) => ({
    bank,
    attest: parts.attest,
    signature: parts.signature,
    pcrs: [...values].sort(([a], [b]) => a - b).map(([index, digest]) => ({ index, digest })),
  }))
  const { eventLog, imaLog, userspaceLog } = parts
  checkSizes(parts)
  const evidence: Evidence = {
    quotes,
    akPublic: key.area ?? none,
    akCertificate: key.certificate?.der ?? null,
    rollback: null,
    info: silent,
    eventLog,
    imaLog,
    userspaceLog,
  }
  const expectation: Expectation = {
    vm: 'imported',
    nonce,
    akName: key.area === null ? none : nameOfPublic(decode(TPMT_PUBLIC, key.area)),
    givenKey: key.publicKey,
    generation: 0,
    retiredAkNames: [],
    banks,
    pcrs: [...numbers].sort((a, b) => a - b),
    anchors,
    intermediates: key.intermediates,
    machine: null,
    profile,
    rollback: null,
  }
  return { evidence, expectation }
}

function checkSizes({ key, eventLog, imaLog, userspaceLog }: ImportedParts): void {
  const sizes: [string, Uint8Array | null | undefined, number][] = [
    ['event log', eventLog, MAX_EVENT_LOG_SIZE],
    ['IMA list', imaLog, MAX_IMA_LIST_SIZE],
    ['userspace log', userspaceLog, MAX_USERSPACE_LOG_SIZE],
    ['certificate', key.certificate?.der, CERTIFICATE_BYTES_MAX],
  ]
  for (const [name, bytes, max] of sizes)
    if ((bytes?.length ?? 0) > max) throw new MalformedError(name, max, `more than ${max} bytes`)
}
