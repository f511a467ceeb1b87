import type { Certificate, HashName, PublicKey } from '@trusted-launch/crypto'
import type { ActivatedKey } from './identity/activation.ts'
import type { Profile } from './profile.ts'
import type { TokenBinding } from './token/binding.ts'

/** What an extend-only index held when it was last believed. `verifyRollback` makes the next one. */
export interface RollbackState {
  /** The index's name (hexadecimal) as on record; null: not yet known, the first one is taken. */
  readonly indexName: string | null
  /** What it held, hexadecimal; null: not yet known, the first one is taken. */
  readonly value: string | null
  /** Nonces (hexadecimal) sent since then and not answered: each may have extended it, in order. */
  readonly unanswered: readonly string[]
  /** The reset counter then; null: not known. */
  readonly resetCount: number | null
}

/** Which machine it is, for what is learnt by the shape of a machine. */
export interface MachineShape {
  readonly firmwareSha256: string
  readonly memoryMiB: number
  readonly vcpus: number
  /** Under KVM the guest has the host's own processor, under emulation always the same. */
  readonly accelerator: 'kvm' | 'tcg'
}

/** What the verifier knows before it looks at the evidence: from the VM's record, never from the VM. */
export interface Expectation {
  readonly vm: string
  /** The nonce that was sent: 32 random bytes, used once, for this VM. */
  readonly nonce: Uint8Array
  /** What the nonce covers for a relying party: then it is `boundNonce` of this, and nothing else. */
  readonly binding?: TokenBinding
  /** The name (nameAlg and digest) of the AK on record for the VM's current generation. */
  readonly akName: Uint8Array
  /**
   * Set for imported evidence: the AK that whoever asks gives and believes, in place of a record. Then
   * its certificate is judged when there are anchors to judge it by, and not for a VM's name.
   */
  readonly givenKey?: PublicKey
  /**
   * Set when the VM's TPM, known by the EK on record, activated an AK: an AK of that name needs no
   * certificate. It is for the caller to have challenged with that EK.
   */
  readonly activatedKey?: ActivatedKey
  readonly generation: number
  /** Names of AKs of earlier generations: refused, by that reason. */
  readonly retiredAkNames: readonly Uint8Array[]
  /** The banks asked for: each must be quoted. */
  readonly banks: readonly HashName[]
  /** The PCRs asked for: the signed selection must be exactly these. */
  readonly pcrs: readonly number[]
  /** Authorities believed to issue AK certificates. */
  readonly anchors: readonly Certificate[]
  /** What may lie between an AK's certificate and an anchor; believed for nothing. At most 32. */
  readonly intermediates?: readonly Certificate[]
  readonly machine: MachineShape | null
  /** How its log is to be read: `strict` for a VM on our own firmware. */
  readonly profile: Profile
  /**
   * Takes quotes whose signature is over a SHA-1 digest, as TPMs of old make them, and tells of each
   * (`quote.sha1`). A signature is of another quote too, for whoever finds two of one digest.
   */
  readonly sha1Signatures?: true
  /** Null: the extend-only index was not asked for. */
  readonly rollback: { readonly nonce: Uint8Array; readonly state: RollbackState } | null
}

/** The PCRs that are always asked for. */
export const QUOTED_PCRS: readonly number[] = [...Array.from({ length: 16 }, (_, i) => i), 23]
