import { decode } from '@trusted-launch/codec'
import { sameSecret } from '@trusted-launch/crypto'
import { nameOfPublic, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { findingOf } from '../finding-table.ts'
import type { Finding } from '../result.ts'
import { type Credential, makeCredential } from './make-credential.ts'

/** What is sent to a guest, and what is kept until it answers. */
export interface ActivationChallenge {
  /** For the guest. */
  readonly credential: Credential
  /** For nobody but who asked: keep it out of logs, and use it once. */
  readonly kept: {
    /** What only the EK's TPM can tell. */
    readonly answer: Uint8Array
    readonly ekName: Uint8Array
    readonly akName: Uint8Array
  }
}

/** What a challenge is about, and the randomness it uses up. */
export interface ActivationQuestion {
  /** The TPMT_PUBLIC of the EK *on record* for the VM: never one that the guest reports alone. */
  readonly ekPublic: Uint8Array
  /** The TPMT_PUBLIC of the AK that is claimed to be in the same TPM. */
  readonly akPublic: Uint8Array
  /** 16 to 32 random bytes: the answer. */
  readonly answer: Uint8Array
  /** `randomBytesFor` the EK. */
  readonly random: Uint8Array
}

const answerBytesMin = 16

/**
 * The first step of an activation: a challenge that only a TPM with both the EK and this AK answers.
 * @throws {MalformedError} a public area that does not read.
 * @throws {RangeError} an answer that can be guessed, or see `makeCredential`.
 * @throws {CryptoError} `KEY_UNSUPPORTED`: an EK that does not work.
 */
export function challengeKey(question: ActivationQuestion): ActivationChallenge {
  const { answer, random } = question
  if (answer.length < answerBytesMin)
    throw new RangeError(`an answer of ${answer.length} bytes, less than ${answerBytesMin}`)
  const ek = decode(TPMT_PUBLIC, question.ekPublic)
  const akName = nameOfPublic(decode(TPMT_PUBLIC, question.akPublic))
  const credential = makeCredential(ek, akName, answer, random)
  return { credential, kept: { answer: answer.slice(), ekName: nameOfPublic(ek), akName } }
}

/**
 * An AK that was in the same TPM as an EK when it answered. Only `verify` makes one. Its name covers
 * its attributes: they are judged where the key is used, by `VerifiedAttestationKey`.
 */
export class ActivatedKey {
  readonly #proof = true
  readonly ekName: Uint8Array
  readonly akName: Uint8Array

  private constructor(ekName: Uint8Array, akName: Uint8Array) {
    this.ekName = ekName
    this.akName = akName
  }

  /**
   * The second step: the guest's answer. The challenge is used up by it, whatever the outcome.
   *
   * It proves nothing of when the AK signs, and not whose the TPM is: that is the EK's record.
   * @see TPM 2.0 Part 1, 24
   */
  static verify(kept: ActivationChallenge['kept'], answer: Uint8Array): ActivatedKey | Finding {
    // check 1
    if (!sameSecret(kept.answer, answer))
      return findingOf({
        id: 'attestation-key.not-activated',
        summary: 'The TPM with the EK on record did not answer for this key.',
      })
    return new ActivatedKey(kept.ekName, kept.akName)
  }

  /** Always true: what makes the type nominal. */
  get isVerified(): boolean {
    return this.#proof
  }
}
