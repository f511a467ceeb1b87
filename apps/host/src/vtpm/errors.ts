import { HostError } from '../errors.ts'

/**
 * Why a vTPM is not started, or not made.
 * - `vtpm-state-missing`: the VM's folder holds no vTPM state.
 * - `vtpm-blank`: a state that was never provisioned.
 * - `vtpm-foreign`: a state of another VM, or one that does not open with this VM's key.
 * - `vtpm-rolled-back`: a state of this VM, but older than the journal knows.
 * - `vtpm-state-refused`: not a regular file of a sensible size.
 * - `vtpm-journal-missing`, `vtpm-journal-damaged`: without the journal nothing can be judged.
 * - `vtpm-key-missing`: no wrapped key with the VM, or the key-encryption key it names is not there.
 * - `vtpm-key-refused`: the wrapped key is not this VM's, or was changed, or does not open its state.
 * - `vtpm-exists`: the VM has a vTPM already; only reprovisioning makes another.
 * - `vtpm-unanswered`: the guest left too many nonces of this session unanswered.
 * - `vtpm-failed`: swtpm itself failed; `result` is what it answered, where it did.
 */
export type VtpmErrorCode =
  | 'vtpm-state-missing'
  | 'vtpm-blank'
  | 'vtpm-foreign'
  | 'vtpm-rolled-back'
  | 'vtpm-state-refused'
  | 'vtpm-journal-missing'
  | 'vtpm-journal-damaged'
  | 'vtpm-key-missing'
  | 'vtpm-key-refused'
  | 'vtpm-exists'
  | 'vtpm-unanswered'
  | 'vtpm-failed'

/** A vTPM that cannot be trusted, or does not work. Never holds a secret. */
export class VtpmError extends HostError<VtpmErrorCode> {
  readonly vm: string

  constructor(code: VtpmErrorCode, vm: string, message: string, options?: ErrorOptions) {
    super(code, `vTPM of ${vm}: ${message}`, options)
    this.vm = vm
  }
}
