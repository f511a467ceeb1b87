/** Why a stored record is refused. */
export type RecordFaultCode =
  | 'record-too-big'
  | 'record-malformed'
  | 'token-malformed'
  | 'token-signature'
  | 'token-covers-another-record'
  | 'signer-unknown'
  | 'not-reproduced'

/** A verdict on a record, not an error: what is wrong with it, in a sentence. */
export interface RecordFault {
  readonly fault: RecordFaultCode
  readonly reason: string
}
