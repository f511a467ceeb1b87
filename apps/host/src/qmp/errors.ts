import { HostError } from '../errors.ts'

export type QmpErrorCode =
  | 'qmp-unreachable'
  | 'qmp-timeout'
  | 'qmp-closed'
  | 'qmp-malformed'
  | 'qmp-too-large'
  | 'qmp-too-many'
  | 'qmp-refused'

/**
 * QEMU's monitor could not be asked, or said no. `qmpClass` is the class of its refusal
 * (`GenericError`, `DeviceNotFound`, …), null for every other code.
 */
export class QmpError extends HostError<QmpErrorCode> {
  readonly qmpClass: string | null

  constructor(
    code: QmpErrorCode,
    message: string,
    qmpClass: string | null = null,
    options?: ErrorOptions,
  ) {
    super(code, message, options)
    this.qmpClass = qmpClass
  }
}
