import { HostError } from '../errors.ts'

export type MachineErrorCode =
  | 'machine-exists'
  | 'machine-missing'
  | 'machine-running'
  | 'machine-not-running'
  | 'machine-bad-spec'
  | 'machine-damaged'
  | 'machine-unreachable'
  | 'machine-file-foreign'
  | 'machine-no-vtpm'
  | 'machine-vtpm-lost'
  | 'machine-console-in-use'
  | 'machine-no-screen'
  | 'machine-not-here'
  | 'machine-disk-in-use'
  | 'machine-disk-missing'
  | 'machine-disk-failed'
  | 'machine-no-commands'
  | 'machine-commands-silent'
  | 'machine-command-failed'
  | 'machine-half-restored'

/** A VM was asked for what its state does not allow. */
export class MachineError extends HostError<MachineErrorCode> {}
