import { type Finding, type FindingId, findingOf } from '@trusted-launch/attestation'
import { MalformedError } from '@trusted-launch/codec'
import { EXIT, type ExitCode, exitCodeOf, UsageError } from './exit-code.ts'
import { otherKind } from './file-kind.ts'
import { decodedFrom } from './input-file.ts'
import { jsonText, type Output } from './output.ts'

/** A part of what was given that is not what it should be, with the finding that says so. */
export class InputFault extends Error {
  readonly code = 'MALFORMED'
  readonly id: FindingId

  constructor(id: FindingId, cause: Error) {
    super(cause.message, { cause })
    this.id = id
  }
}

/**
 * What `decode` makes of a file's bytes.
 * @throws {InputFault} under this id, when they are not `what`. @throws {Error} it cannot be read.
 */
export function partFrom<T>(
  id: FindingId,
  path: string,
  what: string,
  max: number,
  decode: (bytes: Uint8Array) => T,
): T {
  try {
    return decodedFrom(path, what, max, decode)
  } catch (cause) {
    throw cause instanceof MalformedError ? new InputFault(id, cause) : cause
  }
}

/**
 * A file's bytes. Whether they are what they should be is for others to say: here they only must not
 * be none, or plainly something else. @throws {InputFault} they are. @throws {Error} it cannot be read.
 */
export function bytesFrom(id: FindingId, path: string, what: string, max: number): Uint8Array {
  return partFrom(id, path, what, max, (bytes) => {
    const other = otherKind(bytes, what)
    if (other !== null || bytes.length === 0) throw new MalformedError('', 0, other ?? 'empty')
    return bytes
  })
}

/** An error as a finding: it names the file and what is wrong with it. */
export function findingOfError(error: unknown): Finding {
  const summary = error instanceof Error ? error.message : String(error)
  if (error instanceof InputFault) return findingOf({ id: error.id, summary })
  if (error instanceof UsageError) return findingOf({ id: 'input.usage', summary })
  const malformed = exitCodeOf(error) === EXIT.malformed
  return findingOf({ id: malformed ? 'input.malformed' : 'input.unreadable', summary })
}

/**
 * Runs a command that prints a JSON document in every case: when it fails, the one that `view` makes of
 * the finding that says why. The error itself goes on to standard error.
 */
export function documented(
  { json }: { json?: boolean },
  output: Output,
  view: (finding: Finding) => unknown,
  run: () => ExitCode,
): ExitCode {
  try {
    return run()
  } catch (error) {
    if (json === true) output.out(jsonText(view(findingOfError(error))))
    throw error
  }
}

/** The document of `tl appraise` where there is no verdict. */
export function viewOfFault(finding: Finding) {
  return { tier: 'none', token: null, claims: {}, findings: [finding] }
}

/** What Windows measured in a form of its own says something, if nothing good: the file it stands in reads. */
const saysSomething: FindingId = 'windows.malformed'

/** Whether it is the form of the evidence that is at fault, not what it says. */
export function isMalformed([first]: readonly Finding[]): boolean {
  return first?.id.endsWith('.malformed') === true && first.id !== saysSomething
}
