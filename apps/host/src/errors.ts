/**
 * The world's fault, as the host sees it: each kind has a stable `code` to switch on and fields
 * instead of prose. A message never holds a secret.
 */
export class HostError<Code extends string = string> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

export type StateErrorCode =
  | 'state-locked'
  | 'state-malformed'
  | 'state-too-large'
  | 'state-bad-id'
  | 'state-foreign'

/** Something is wrong with what is kept on disk. `path` names the file or folder. */
export class StateError extends HostError<StateErrorCode> {
  readonly path: string

  constructor(code: StateErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(code, `${path}: ${message}`, options)
    this.path = path
  }
}

export type ProcessErrorCode = 'process-not-started' | 'process-not-gone'

/** A program that could not be started, or not be ended. `output` is the end of what it wrote. */
export class ProcessError extends HostError<ProcessErrorCode> {
  readonly program: string
  readonly output: string

  constructor(
    code: ProcessErrorCode,
    program: string,
    message: string,
    output = '',
    options?: ErrorOptions,
  ) {
    super(code, `${program}: ${message}${output === '' ? '' : `: ${output}`}`, options)
    this.program = program
    this.output = output
  }
}
