import {
  decodeEvidence,
  type Evidence,
  type EvidenceRequest,
  encodeEvidence,
} from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { decodeImaList, EV, encodeImaList, imaValueAfter } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { COMPONENT } from '../src/component.ts'
import type { HostStart } from '../src/memory/host-starts.ts'
import type { ReferenceValues } from '../src/reference-values.ts'
import { akCertificateOf, anchorOf, quoteOf, rollbackOf } from './attester.ts'
import { quotedOn } from './elliptic-attester.ts'
import { eventLog, events, evidenceOf, forged, imaLog, list, quoted } from './recorded.ts'

/**
 * What the small guest wrote down in one real boot, with its reference values, as a VM that is asked so often
 * gives it: each time over another nonce, in bytes of its own, signed by the same key of this kind.
 */
export function recordedEvidence(kind: 'rsa' | 'ecc', answers: number): AppraisalInput[] {
  const nonces = Array.from({ length: answers }, (_, i) => digest('sha256', Uint8Array.of(i)))
  const quotes = nonces.map((extraData) => quoteOf('sha256', quoted, { extraData }))
  const plain = evidenceOf(quoted, { eventLog, imaLog })
  const all = { ...plain, evidence: { ...plain.evidence, quotes } }
  const { evidence, expectation, ...more } =
    kind === 'rsa' ? all : quotedOn('P-256', undefined, all).input
  return nonces.map((nonce, i) => ({
    ...more,
    evidence: decodeEvidence(encodeEvidence({ ...evidence, quotes: [evidence.quotes[i]!] })),
    expectation: { ...expectation, nonce },
  }))
}

const always = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2100, 0) }
const recordedBoot = evidenceOf(quoted, { eventLog, imaLog })
const anchor = anchorOf(always)
const rsaCertificate = akCertificateOf(always).der

/**
 * A VM of that boot that answers whoever asks it, at any time: over the nonce that is asked with, its index extended
 * by each one. What it is judged by is `input`.
 */
export class RecordedVm {
  readonly input: AppraisalInput
  /** How much of the kernel's list there is, in entries. */
  imaEntries = list.length
  /** Of its vTPM, as its quotes tell it. */
  resetCount = 3
  /** So many there are at most. */
  readonly entriesMax = list.length
  #extended: Uint8Array[]
  readonly #sign: ((attest: Uint8Array) => Uint8Array) | undefined
  #boot: { values: typeof quoted; list: typeof list; eventLog: Uint8Array } = {
    ...{ values: quoted, list, eventLog },
  }

  /**
   * @param extended what its index was extended by before. @param curve its key is one of its own on it; by itself the
   * RSA key of all of them.
   */
  constructor({ extended = [], curve }: { extended?: Uint8Array[]; curve?: 'P-256' } = {}) {
    const recorded = { ...recordedBoot, evidence: { ...recordedBoot.evidence, quotes: [] } }
    const own = curve === undefined ? null : quotedOn(curve, undefined, recorded, always)
    const { expectation, evidence, ...more } = own?.input ?? recorded
    const akCertificate = own === null ? rsaCertificate : evidence.akCertificate
    this.input = {
      ...more,
      evidence: { ...evidence, akCertificate },
      expectation: { ...expectation, anchors: [anchor] },
    }
    this.#extended = [...extended]
    this.#sign = own?.signed
  }

  /** It boots with a disk that ends so many sectors earlier. @returns what is expected of that boot. */
  bootsWithSmallerDisk(sectors: bigint): ReferenceValues {
    const smaller = smallerTable(sectors)
    const digests = new Map([['sha256' as const, digest('sha256', smaller)]])
    const isTable = ({ eventType }: { eventType: number }) => eventType === EV.EFI_GPT_EVENT
    const steps = events.map((one) => (isTable(one) ? { ...one, data: smaller, digests } : one))
    const { evidence } = forged(steps)
    const values = new Map(evidence.quotes[0]!.pcrs.map(({ index, digest }) => [index, digest]))
    const boot = { values, list: decodeImaList(evidence.imaLog!), eventLog: evidence.eventLog! }
    this.#boot = boot
    const [variant] = this.input.references!.variants
    const { events: own } = variant!.pcrs[5]!
    const table = toHex(digest('sha256', Uint8Array.from(events.find(isTable)!.data)))
    const pcr = {
      events: own!.map((one) =>
        one.digests.sha256 === table
          ? {
              ...one,
              component: COMPONENT.partitionTable,
              digests: { sha256: toHex(digest('sha256', smaller)) },
            }
          : one,
      ),
      values: { sha256: toHex(values.get(5)!) },
    }
    return { version: 2, variants: [{ ...variant!, pcrs: { ...variant!.pcrs, 5: pcr } }] }
  }

  /** It boots as it was recorded. */
  bootsAsRecorded(): void {
    this.#boot = { values: quoted, list, eventLog }
  }

  /** Its host starts it, and extends its index. */
  start(): HostStart {
    const before = this.#index()
    this.#extended.push(digest('sha256', Uint8Array.of(this.#extended.length)))
    this.resetCount++
    return { before, after: this.#index() }
  }

  /** Its vTPM is put back to what it was so many extensions ago. */
  putBack(extensions: number): void {
    this.#extended = this.#extended.slice(0, this.#extended.length - extensions)
  }

  #index(): string {
    const none: Uint8Array = new Uint8Array(32)
    return toHex(this.#extended.reduce((held, by) => digest('sha256', held, by), none))
  }

  answer({ nonce, extendNonce }: EvidenceRequest): Evidence {
    if (extendNonce != null) this.#extended.push(extendNonce)
    const { resetCount } = this
    const as = { resetCount, ...(this.#sign !== undefined && { sign: this.#sign }) }
    const rollback = extendNonce == null ? null : rollbackOf(this.#extended, as)
    const boot = this.#boot
    const entries = boot.list.slice(0, this.imaEntries)
    const from = { start: new Uint8Array(32), paddedSha1: false }
    const values = new Map([...boot.values, [10, imaValueAfter(entries, 'sha256', from)]])
    const quotes = [quoteOf('sha256', values, { ...as, extraData: nonce })]
    const logs = { eventLog: boot.eventLog, imaLog: encodeImaList(entries) }
    return { ...this.input.evidence, quotes, rollback, ...logs }
  }
}

/** The recorded disk's partition table, of a smaller disk: its last partition and itself end earlier. UEFI 2.10, 5.3. */
function smallerTable(sectors: bigint): Uint8Array {
  const table = Uint8Array.from(
    events.find(({ eventType }) => eventType === EV.EFI_GPT_EVENT)!.data,
  )
  const view = new DataView(table.buffer)
  const [alternateLBA, lastUsableLBA, endingLBA] = [32, 48, 92 + 8 + 40]
  for (const at of [alternateLBA, lastUsableLBA, endingLBA])
    view.setBigUint64(at, view.getBigUint64(at, true) - sectors, true)
  return table
}
