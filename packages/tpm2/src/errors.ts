import { nameOf } from '@trusted-launch/codec'
import { TPM_RC, TPM_RC_FMT1 } from './response-codes.ts'

/** What a response code is about: one of the command's handles, parameters or sessions; or all of it. */
export type Subject = 'command' | 'handle' | 'parameter' | 'session'

/** A response code taken apart. `index` counts from 1, as Part 2 does; 0 says nothing is named. */
export interface ResponseCode {
  readonly name: string
  readonly subject: Subject
  readonly index: number
}

/**
 * Takes a response code apart: format 0 (the whole command), format 1 (one handle, parameter or
 * session), and what a layer above the TPM says (the kernel's resource manager), by its number.
 *
 * @see TPM 2.0 Part 2, 6.6.2
 */
export function parseResponseCode(rc: number): ResponseCode {
  if (rc > 0xfff) return { name: nameOf(TPM_RC, rc), subject: 'command', index: 0 }
  if ((rc & 0x80) === 0) return { name: nameOf(TPM_RC, rc), subject: 'command', index: 0 }
  const name = nameOf(TPM_RC_FMT1, rc & 0x0bf)
  const number = rc >> 8
  if ((rc & 0x40) !== 0) return { name, subject: 'parameter', index: number }
  const index = number & 7
  return { name, subject: number === index ? 'handle' : 'session', index }
}

/**
 * The TPM refused a command. `name` is the specification's (`TPM_RC_BAD_AUTH`), `subject` and `index`
 * tell which handle, parameter or session it means, from 1.
 */
export class TpmError extends Error {
  readonly code = 'TPM'
  readonly command: string
  readonly rc: number
  readonly subject: Subject
  readonly index: number

  constructor(command: string, rc: number) {
    const { name, subject, index } = parseResponseCode(rc)
    const about = index === 0 ? '' : ` about ${subject} ${index}`
    super(`TPM2_${command}: ${name}${about} (0x${rc.toString(16)})`)
    this.name = name
    this.command = command
    this.rc = rc
    this.subject = subject
    this.index = index
  }
}

/** The TPM has no such PCR bank, or its PCRs changed under every attempt to read them together. */
export class PcrError extends Error {
  readonly code: 'PCR_ABSENT' | 'PCR_UNSTEADY'

  constructor(code: PcrError['code'], message: string) {
    super(message)
    this.name = 'PcrError'
    this.code = code
  }
}
