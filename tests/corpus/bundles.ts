import {
  decode,
  equalBytes,
  fromUtf8,
  MalformedError,
  Reader,
  u8,
  u16be,
} from '@trusted-launch/codec'
import { nameOfPublic, TPM_ST, TPMS_ATTEST, TPMT_PUBLIC } from '@trusted-launch/tpm2'
import { bytesOf, type Entry, manifest, type Row, textOf } from './manifest.ts'
import { quotes, quotesIn } from './quotes.ts'

/** A machine's whole evidence, in whichever form: the quote in it is taken, or it is of a TPM 1.2 and refused. */
export function bundle(entry: Entry): Row[] {
  const { file } = entry
  if (!file.endsWith('.json')) return [...binaryParts(file), ...keyAttestation(file)]
  const given = JSON.parse(textOf(file)!)
  if (given.digest !== undefined) return source(file, given)
  return given.Static?.TPMVersion === 1 ? oldTpm(file) : quotes(entry)
}

function oldTpm(file: string): Row[] {
  try {
    quotesIn(file)
    return [row(file, 'a quote of TPM 1.2: refused', 'taken', false)]
  } catch (e) {
    if (!(e instanceof MalformedError)) throw e
    return [row(file, 'a quote of TPM 1.2: refused', 'refused', true)]
  }
}

/** What a quote beside it was made of: which PCRs, and their digest. */
function source(file: string, { digest }: { digest: string }): Row[] {
  const folder = file.replace(/[^/]*$/, '')
  const stated = Uint8Array.from(Buffer.from(digest, 'base64'))
  const made = manifest()
    .filter((entry) => entry.kind === 'tpm-quote' && entry.file.startsWith(folder))
    .flatMap((entry) => quotesIn(entry.file))
    .filter(({ quoted }) => {
      const read = decode(TPMS_ATTEST, quoted.attest)
      return read.type === TPM_ST.ATTEST_QUOTE && equalBytes(read.attested.pcrDigest, stated)
    })
  return [
    row(file, 'the digest of the quote beside it', `${made.length} quotes`, made.length === 1),
  ]
}

/** A file whose parts stand beside it under its own name: each quote of theirs is in it. */
function binaryParts(file: string): Row[] {
  const bytes = Buffer.from(bytesOf(file))
  const parts = manifest().filter(
    (entry) => entry.file.startsWith(`${file}.`) && entry.kind === 'tpm-quote',
  )
  const attests = parts.flatMap((entry) => quotesIn(entry.file)).map(({ quoted }) => quoted.attest)
  if (attests.length === 0) return []
  const right = attests.every((attest) => bytes.includes(Buffer.from(attest)))
  return [row(file, 'holds the quotes beside it', `${right}`, right)]
}

/** Parsec's key attestation: what certifies a key names that key, and a quote is beside it. Whose they are it does not say. */
function keyAttestation(file: string): Row[] {
  const given = attempt(() => readCbor(new Reader(bytesOf(file))) as any)
  if (given?.kat === undefined) return []
  const certified = decode(TPMS_ATTEST, given.kat.certInfo)
  const name = nameOfPublic(decode(TPMT_PUBLIC, given.kat.pubArea))
  const isNamed =
    certified.type === TPM_ST.ATTEST_CERTIFY && equalBytes(certified.attested.name, name)
  const { type } = decode(TPMS_ATTEST, given.pat.attestInfo)
  const right = isNamed && type === TPM_ST.ATTEST_QUOTE
  return [row(file, 'certifies the key in it; its signer is not there', `${right}`, right)]
}

/** Maps, text and bytes of CBOR, which is all there is. RFC 8949, 3. */
function readCbor(from: Reader): unknown {
  const first = u8.read(from)
  const short = first & 31
  if (short > 25) throw from.malformed('a length of this form')
  const length = short < 24 ? short : short === 24 ? u8.read(from) : u16be.read(from)
  if (first >> 5 === 2) return from.take(length)
  if (first >> 5 === 3) return fromUtf8(from.take(length))
  if (first >> 5 !== 5) throw from.malformed('another kind of item')
  return Object.fromEntries(
    Array.from({ length }, () => [readCbor(from), readCbor(from)] as [string, unknown]),
  )
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}
