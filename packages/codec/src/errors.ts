/**
 * Bytes that are not what their structure says. Built only while failing.
 * `path` names the field (`TPMS_ATTEST.attested.pcrDigest`), `offset` is the byte in the whole input.
 */
export class MalformedError extends Error {
  readonly code = 'MALFORMED'
  readonly path: string
  readonly offset: number
  readonly reason: string

  constructor(path: string, offset: number, reason: string, options?: ErrorOptions) {
    super(`${path === '' ? 'input' : path}: ${reason} at byte ${offset}`, options)
    this.name = 'MalformedError'
    this.path = path
    this.offset = offset
    this.reason = reason
  }

  /** The same fault, seen from the structure that holds the field `name`. */
  within(name: string): MalformedError {
    const joined =
      this.path === '' || this.path.startsWith('[') ? name + this.path : `${name}.${this.path}`
    return new MalformedError(joined, this.offset, this.reason, { cause: this.cause })
  }
}

/** Runs `read`; a fault inside it names the field `name`. */
export function within<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (e) {
    throw placed(e, name)
  }
}

/** What was thrown while the field `name` was read, to be thrown on: a fault names it. For loops, which `within` slows. */
export function placed(thrown: unknown, name: string): unknown {
  return thrown instanceof MalformedError ? thrown.within(name) : thrown
}
