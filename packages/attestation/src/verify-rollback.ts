import type { Rollback } from '@trusted-launch/channel'
import { decode, equalBytes, fromHex, MalformedError, toHex } from '@trusted-launch/codec'
import { digest, type HashName, sameSecret } from '@trusted-launch/crypto'
import {
  hashNameOf,
  nameOfNv,
  TPM_NT,
  TPM_ST,
  TPMA_NV,
  TPMS_ATTEST,
  TPMS_NV_PUBLIC,
} from '@trusted-launch/tpm2'
import type { RollbackState } from './expectation.ts'
import { findingOf } from './finding-table.ts'
import type { Finding } from './result.ts'
import type { VerifiedAttestationKey } from './verify-attestation-key.ts'
import { verifyTpmSignature } from './verify-signature.ts'

type NvAttest = Extract<TPMS_ATTEST, { type: typeof TPM_ST.ATTEST_NV }>

/** At most so many unanswered nonces are tried: each may or may not have reached the TPM. */
export const unansweredMax = 8
const wanted = TPMA_NV.PLATFORMCREATE | TPMA_NV.WRITTEN
const typeMask = 0xf0

/** What is wrong, and what to expect next time (null: nothing new is to be believed). */
export interface RollbackVerdict {
  readonly findings: readonly Finding[]
  readonly next: RollbackState | null
}

/**
 * Whether an extend-only index, certified by the AK over this nonce, continues the recorded value.
 * Its value only grows by hashing; an older state of the vTPM shows an older one, and the clock does
 * not (it is carried forward). A reset counter that fell beside an intact chain is a cleared TPM.
 *
 * Nonces sent and not answered may have extended it: every choice of them, in order, is tried, at
 * most 8 of them. The first value ever seen is taken as it is.
 *
 * It does not prove that nobody caught up: whoever puts an older state back, knows the nonces sent since, and
 * may extend the index can bring it to the recorded value. A guest knows the nonces; only its host can put a
 * state back, so that takes both. Nor does it show a TPM that ran in two places between two questions.
 * @see TPM 2.0 Part 3, TPM2_NV_Extend and TPM2_NV_Certify
 */
export function verifyRollback(
  rollback: Rollback | null,
  key: VerifiedAttestationKey,
  { nonce, state }: { readonly nonce: Uint8Array; readonly state: RollbackState },
): RollbackVerdict {
  if (rollback === null) return refused('missing', 'The extend-only index was not certified.')
  const certified = certify(rollback, key, nonce)
  if ('severity' in certified) return { findings: [certified], next: null }
  const { attest, indexName, hash } = certified
  // check 10
  if (state.indexName !== null && state.indexName !== indexName)
    return refused('foreign', 'The extend-only index is another than the one on record.')
  const value = toHex(attest.attested.nvContents)
  const { resetCount } = attest.clockInfo
  // check 10
  if (state.value !== null && !continues(state, nonce, hash, value))
    return {
      findings: [
        findingOf({
          id: 'vtpm.rolled-back',
          summary:
            'The vTPM was put back to an earlier state: its extend-only index does not continue.',
          actual: value,
        }),
      ],
      next: null,
    }
  const cleared = state.resetCount !== null && resetCount < state.resetCount
  const next = { indexName, value, unanswered: [], resetCount }
  return { findings: cleared ? [clearedFinding(state.resetCount!, resetCount)] : [], next }
}

function clearedFinding(before: number, now: number): Finding {
  return findingOf({
    id: 'vtpm.cleared',
    summary: 'The TPM was cleared: its counter fell, and its extend-only index goes on.',
    expected: `at least ${before} resets`,
    actual: `${now} resets`,
  })
}

function refused(what: 'missing' | 'foreign', summary: string): RollbackVerdict {
  return { findings: [findingOf({ id: `vtpm.index.${what}`, summary })], next: null }
}

interface Certified {
  readonly attest: NvAttest
  readonly indexName: string
  readonly hash: HashName
}

function certify(
  rollback: Rollback,
  key: VerifiedAttestationKey,
  nonce: Uint8Array,
): Certified | Finding {
  const signed = verifyTpmSignature(key.publicKey, rollback.attest, rollback.signature)
  if (typeof signed === 'string')
    return findingOf({ id: 'vtpm.index.signature', summary: 'The index is not signed by the AK.' })
  try {
    return read(rollback, nonce)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return findingOf({ id: 'vtpm.index.malformed', summary: e.message })
  }
}

function read(rollback: Rollback, nonce: Uint8Array): Certified | Finding {
  const attest = decode(TPMS_ATTEST, rollback.attest)
  const nvPublic = decode(TPMS_NV_PUBLIC, rollback.nvPublic)
  if (attest.type !== TPM_ST.ATTEST_NV) throw new MalformedError('type', 4, 'not of an NV index')
  if (!sameSecret(attest.extraData, nonce))
    return findingOf({
      id: 'vtpm.index.nonce',
      summary: 'The index was certified for another nonce.',
      expected: toHex(nonce),
      actual: toHex(attest.extraData),
    })
  const hash = hashNameOf(nvPublic.nameAlg)
  const sound =
    hash !== null &&
    equalBytes(nameOfNv(nvPublic), attest.attested.indexName) &&
    (nvPublic.attributes & typeMask) === TPM_NT.EXTEND &&
    (nvPublic.attributes & wanted) === wanted &&
    attest.attested.offset === 0 &&
    attest.attested.nvContents.length === nvPublic.dataSize
  if (sound) return { attest, indexName: toHex(attest.attested.indexName), hash }
  return findingOf({
    id: 'vtpm.index.foreign',
    summary: 'What was certified is no extend-only index that the host made.',
  })
}

function continues(
  state: RollbackState,
  nonce: Uint8Array,
  hash: HashName,
  value: string,
): boolean {
  const unanswered = state.unanswered.slice(-unansweredMax).map(fromHex)
  const start = fromHex(state.value!)
  for (let choice = 0; choice < 1 << unanswered.length; choice++) {
    const taken = unanswered.filter((_, i) => choice & (1 << i))
    const end = [...taken, nonce].reduce((held, by) => digest(hash, held, by), start)
    if (toHex(end) === value) return true
  }
  return false
}
