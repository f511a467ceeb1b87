import {
  decodeEvidence,
  type Evidence,
  type EvidenceRequest,
  encodeEvidence,
} from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { encodeImaList, imaValueAfter } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import type { HostStart } from '../src/memory/host-starts.ts'
import { akCertificateOf, anchorOf, quoteOf, rollbackOf } from './attester.ts'
import { quotedOn } from './elliptic-attester.ts'
import { eventLog, evidenceOf, imaLog, list, quoted } from './recorded.ts'

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
  #extended: Uint8Array[] = []

  constructor() {
    const { expectation, evidence, ...more } = evidenceOf(quoted, { eventLog, imaLog })
    this.input = {
      ...more,
      evidence: { ...evidence, akCertificate: akCertificateOf(always).der },
      expectation: { ...expectation, anchors: [anchorOf(always)] },
    }
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
    const rollback = extendNonce == null ? null : rollbackOf(this.#extended, { resetCount })
    const entries = list.slice(0, this.imaEntries)
    const from = { start: new Uint8Array(32), paddedSha1: false }
    const values = new Map([...quoted, [10, imaValueAfter(entries, 'sha256', from)]])
    const quotes = [quoteOf('sha256', values, { extraData: nonce, resetCount })]
    return { ...this.input.evidence, quotes, rollback, imaLog: encodeImaList(entries) }
  }
}
