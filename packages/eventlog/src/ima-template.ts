import {
  concat,
  fromLatin1,
  fromUtf8,
  MalformedError,
  placed,
  Reader,
  toLatin1,
  u32le,
} from '@trusted-launch/codec'

/** The digest of a measured file, with the name of its hash as the kernel writes it. */
export interface ImaDigest {
  /** `ima`: of the bytes; `verity`: of the Merkle tree. Only the `v2` templates say; else null. */
  readonly type: string | null
  readonly algorithm: string
  readonly digest: Uint8Array
}

/** What a template's fields say. Fields the template lacks are null. */
export interface ImaFields {
  readonly kind: 'fields'
  readonly digest: ImaDigest
  /** The file's path, `boot_aggregate`, or what names a buffer (`kexec-cmdline`, a keyring). */
  readonly name: string
  /** security.ima of the file; empty where it has none. */
  readonly signature: Uint8Array | null
  readonly buffer: Uint8Array | null
  /** A module's appended signature (CMS), and the digest it covers. */
  readonly appendedSignature: Uint8Array | null
  readonly appendedDigest: ImaDigest | null
}

/** An entry's data by its template. Believe none of it but what PCR 10 vouches for (`replayIma`). */
export type ImaTemplateData =
  | ImaFields
  | { readonly kind: 'undecodable'; readonly bytes: Uint8Array; readonly reason: string }

/** Templates by name. Linux, Documentation/security/IMA-templates.rst. */
const templates: ReadonlyMap<string, readonly string[]> = new Map([
  ['ima-ng', ['d-ng', 'n-ng']],
  ['ima-ngv2', ['d-ngv2', 'n-ng']],
  ['ima-sig', ['d-ng', 'n-ng', 'sig']],
  ['ima-sigv2', ['d-ngv2', 'n-ng', 'sig']],
  ['ima-buf', ['d-ng', 'n-ng', 'buf']],
  ['ima-modsig', ['d-ng', 'n-ng', 'sig', 'd-modsig', 'modsig']],
])

/** What the kernel calls its hashes (crypto/hash_info.c), and what SM3 was called before 5.20 and by the TCG. */
const hashNames: ReadonlySet<string> = new Set([
  ...['md4', 'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
  ...['rmd128', 'rmd160', 'rmd256', 'rmd320', 'wp256', 'wp384', 'wp512'],
  ...['tgr128', 'tgr160', 'tgr192', 'sm3', 'sm3-256', 'sm3_256', 'streebog256', 'streebog512'],
  ...['sha3-256', 'sha3-384', 'sha3-512'],
])

const fieldsMax = 16
const fieldBytesMax = 1 << 20
const sha1Bytes = 20
const oldNameBytesMax = 255

/** Reads a template's data. Data that the template can't read is a value: it can still be replayed. */
export function decodeTemplateData(templateName: string, data: Uint8Array): ImaTemplateData {
  try {
    return templateName === 'ima' ? readOldFields(data) : readFields(templateName, data)
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return { kind: 'undecodable', bytes: data, reason: e.message }
  }
}

/** What is hashed of a template's data: of `ima` the digest and the name padded to 256 bytes. */
export function measuredBytes(templateName: string, data: Uint8Array): Uint8Array {
  if (templateName !== 'ima') return data
  const padded = new Uint8Array(sha1Bytes + oldNameBytesMax + 1)
  padded.set(data.subarray(0, sha1Bytes))
  padded.set(data.subarray(sha1Bytes + 4), sha1Bytes)
  return padded
}

/** The data of an `ima` entry: it has no length of its own. */
export function readOldTemplateData(from: Reader): Uint8Array {
  const start = from.offset
  from.take(sha1Bytes)
  const length = u32le.read(from)
  if (length > oldNameBytesMax) throw from.malformed(`${length}, more than ${oldNameBytesMax}`)
  from.take(length)
  return from.bytes.subarray(start, from.offset)
}

const noFields = { signature: null, buffer: null, appendedSignature: null, appendedDigest: null }

function readOldFields(data: Uint8Array): ImaFields {
  const digest = { type: null, algorithm: 'sha1', digest: data.subarray(0, sha1Bytes) }
  const name = fromUtf8(data.subarray(sha1Bytes + 4))
  return { kind: 'fields', digest, name, ...noFields }
}

function readFields(templateName: string, data: Uint8Array): ImaFields {
  const names = templates.get(templateName) ?? fieldNames(templateName)
  const from = new Reader(data)
  const found: Uint8Array[] = []
  try {
    while (found.length < names.length) found.push(readField(from))
  } catch (e) {
    throw placed(e, names[found.length]!)
  }
  from.finish()
  return fieldsOf(names, found)
}

/** A template that has no name but the list of its fields: ima_template_fmt= on the kernel's command line. */
function fieldNames(format: string): readonly string[] {
  const refuse = (reason: string) => new MalformedError('', 0, reason)
  if (!format.includes('|')) throw refuse('no such template')
  const names = format.split('|')
  if (names.length > fieldsMax) throw refuse(`more than ${fieldsMax} fields`)
  // A template's name is not measured: which bytes are the digest must not depend on it.
  if (!/^d-ng(?:v2)?$/.test(names[0]!) || names[1] !== 'n-ng')
    throw refuse('a template that does not begin with digest and name')
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw refuse(`field ${twice} twice`)
  return names
}

function readField(from: Reader): Uint8Array {
  const length = u32le.read(from)
  if (length > fieldBytesMax) throw from.malformed(`${length}, more than ${fieldBytesMax}`)
  return from.take(length)
}

/** Digest and name come first, in every template. */
function fieldsOf(names: readonly string[], found: readonly Uint8Array[]): ImaFields {
  const [digest, name] = [readDigest(found[0]!), readName(found[1]!)]
  if (names.length === 2) return { kind: 'fields', digest, name, ...noFields }
  const field = (name: string) => found[names.indexOf(name)] ?? null
  const appended = field('d-modsig')
  return {
    kind: 'fields',
    digest,
    name,
    signature: field('sig'),
    buffer: field('buf'),
    appendedSignature: field('modsig'),
    appendedDigest: appended === null || appended.length === 0 ? null : readDigest(appended),
  }
}

/** What most digests of a list begin with. */
const usual = ['sha256', 'sha1'].map((algorithm) => ({
  algorithm,
  bytes: fromLatin1(`${algorithm}:\0`),
}))

/** `sha256:` NUL digest, or `ima:sha256:` NUL digest. */
function readDigest(field: Uint8Array): ImaDigest {
  for (const { algorithm, bytes } of usual)
    if (beginsWith(field, bytes))
      return { type: null, algorithm, digest: field.subarray(bytes.length) }
  const end = field.indexOf(0)
  // Up to the last colon, which must be there.
  const prefix = field[end - 1] === 0x3a ? toLatin1(field.subarray(0, end - 1)) : ''
  const colon = prefix.lastIndexOf(':')
  const algorithm = prefix.slice(colon + 1)
  const type = colon < 0 ? null : prefix.slice(0, colon)
  if (!hashNames.has(algorithm) || (type !== null && !/^[a-z]+$/.test(type)))
    throw new MalformedError('d-ng', 0, 'no hash that the kernel knows before the digest')
  return { type, algorithm, digest: field.subarray(end + 1) }
}

function beginsWith(field: Uint8Array, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (field[i] !== bytes[i]) return false
  return true
}

function readName(field: Uint8Array): string {
  const last = field.length - 1
  if (field[last] !== 0) throw new MalformedError('n-ng', field.length, 'no NUL at the end')
  const end = field.indexOf(0)
  if (end < last) throw new MalformedError('n-ng', end, 'a NUL inside')
  return fromUtf8(field.subarray(0, last))
}

/** The data of an `ima-ng`, `ima-sig` or `ima-buf` entry, for lists made by tests and predictions. */
export function encodeTemplateData(
  digest: Pick<ImaDigest, 'algorithm' | 'digest'>,
  name: string,
  ...more: readonly Uint8Array[]
): Uint8Array {
  const hash = concat(fromLatin1(`${digest.algorithm}:\0`), digest.digest)
  return concat(...[hash, fromLatin1(`${name}\0`), ...more].flatMap(lengthFirst))
}

function lengthFirst(field: Uint8Array): Uint8Array[] {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, field.length, true)
  return [length, field]
}
