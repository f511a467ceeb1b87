import {
  decodeImportedKey,
  decodePcrValues,
  type ImportedKey,
  type PcrsByBank,
} from '@trusted-launch/attestation'
import { fromHex, fromLatin1, MalformedError, Reader, u16be, u64le } from '@trusted-launch/codec'
import { CryptoError, fromBase64url, type HashName } from '@trusted-launch/crypto'
import { decodeHclReport } from './hcl-report.ts'
import { bytesOf, type Entry, manifest } from './manifest.ts'
import { faultOf, type Quoted } from './quoted.ts'

type Fields = Record<string, any>

/** What a file says of a quote, and of which other files it is made with that. */
export interface QuoteFile {
  readonly quoted: Quoted
  readonly parts: readonly string[]
}

const base64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))
/** Bytes as JSON has them: an array of numbers, hexadecimal, or base64 of either alphabet. */
function bytesIn(value: string | readonly number[]): Uint8Array {
  if (typeof value !== 'string') return Uint8Array.from(value)
  if (/^(?:[0-9a-f]{2})*$/.test(value)) return fromHex(value)
  return /[-_]/.test(value) ? fromBase64url(value.replace(/=+$/, '')) : base64(value)
}

/** A bank of 24 values in order. */
const valuesOf = (bank: HashName, values: readonly (string | number[])[]): PcrsByBank =>
  new Map([[bank, new Map(values.map((value, pcr) => [pcr, bytesIn(value)]))]])

/** The quotes of a JSON document, in each of the forms that verifiers' tests have. */
export function quotesOfJson(given: Fields, file: string): QuoteFile[] {
  const alone = (quoted: Quoted): QuoteFile => ({ quoted, parts: [] })
  if (given.ak_pem !== undefined)
    return [
      alone({
        key: decodeImportedKey(fromLatin1(given.ak_pem)),
        attest: base64(given.tpms_attest_b64),
        signature: base64(given.tpmt_signature_b64),
        nonce: fromLatin1(given.nonce_ascii),
        pcrs: decodePcrValues(base64(given.tpm2tools_pcr_file_b64)),
      }),
    ]
  if (given.ak_pub_tpmt_public_b64 !== undefined)
    return given.quotes.map((each: Fields) =>
      alone({
        key: decodeImportedKey(base64(given.ak_pub_tpmt_public_b64)),
        attest: base64(each.tpms_attest_b64),
        signature: base64(each.tpmt_signature_b64),
        nonce: fromHex(given.nonce_hex),
        pcrs:
          each.pcrs === undefined
            ? goPcrs(given.pcrs)
            : decodePcrValues(fromLatin1(JSON.stringify({ alg: each.hash, pcrs: each.pcrs }))),
      }),
    )
  if (given.AK !== undefined) return [alone(quoteOfGo(given))]
  const quote: Fields = given.tpm_quote ?? given.quote ?? given
  if (quote.message === undefined) return []
  return underKey(given, file, {
    attest: bytesIn(quote.message),
    signature: bytesIn(quote.signature),
    nonce: null,
    pcrs: valuesOf('sha256', quote.pcrs),
  })
}

/** go-attestation's dump of a machine. */
function quoteOfGo({ AK, Quote, Log }: Fields): Quoted {
  return {
    key: decodeImportedKey(base64(AK.Public)),
    attest: base64(Quote.Quote),
    signature: base64(Quote.Signature),
    nonce: base64(Quote.Nonce),
    pcrs: goPcrs(Log.PCRs),
  }
}

/** crypto.SHA1 and crypto.SHA256 by Go's numbers. */
export function goPcrs(pcrs: readonly Fields[]): PcrsByBank {
  const bank = pcrs[0]!.DigestAlg === 3 ? 'sha1' : 'sha256'
  const values = pcrs.map(({ Index, Digest }) => [Index, base64(Digest)] as const)
  return new Map([[bank, new Map(values.toSorted(([a], [b]) => a - b))]])
}

/** The report in a document, whose AK made its quote; null: it has none. */
export const reportIn = ({ hcl_report, report }: Fields) => {
  const given = hcl_report ?? report
  return given === undefined ? null : decodeHclReport(bytesIn(given))
}

/** The key is in the document, in a report within it, or in a file beside it. */
function underKey(given: Fields, file: string, quoted: Omit<Quoted, 'key'>): QuoteFile[] {
  if (given.ak_public !== undefined)
    return [{ quoted: { ...quoted, key: decodeImportedKey(base64(given.ak_public)) }, parts: [] }]
  const report = reportIn(given)
  if (report === null) return besides(file, quoted)
  return [{ quoted: { ...quoted, key: report.ak }, parts: [] }]
}

/** The quotes of a binary file: bare, behind who sent it, or as Rust's bincode writes one with its values. */
export function quotesOfBytes(bytes: Uint8Array, file: string): QuoteFile[] {
  const at = magicAt(bytes)
  if (at === 0) return besides(file, { attest: bytes, nonce: null })
  if (at === 18) {
    const from = new Reader(bytes.subarray(16))
    const attest = from.take(u16be.read(from))
    const signature = from.take(from.remaining)
    return besides(file, { attest, signature, nonce: null, pcrs: null })
  }
  const parts = bincodeVectors(bytes)
  if (parts === null) return []
  const [signature, attest, ...values] = parts as [Uint8Array, Uint8Array, ...Uint8Array[]]
  const pcrs: PcrsByBank = new Map([['sha256', new Map(values.map((value, i) => [i, value]))]])
  return besides(file, { attest, signature, nonce: null, pcrs })
}

/** `signature`, `message`, and a list of `pcrs` of 32 bytes each; null: not in this form. */
function bincodeVectors(bytes: Uint8Array): Uint8Array[] | null {
  const from = new Reader(bytes)
  const length = () => Number(u64le.read(from))
  try {
    const parts = [from.take(length()), from.take(length())]
    const count = length()
    if (from.remaining !== 32 * count) return null
    return [...parts, ...Array.from({ length: count }, () => from.take(32))]
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

/** The files beside a quote that make it hold: a key, and where they are not in it, signature and values. */
function besides(
  file: string,
  given: Pick<Quoted, 'attest' | 'nonce'> & Partial<Quoted>,
): QuoteFile[] {
  const folder = file.replace(/[^/]*$/, '')
  const near = manifest().filter((entry) => entry.file.startsWith(folder) && entry.file !== file)
  const keys = near.flatMap((entry) => keyIn(entry) ?? [])
  const others = near.filter(({ kind }) => kind === 'tpm-quote').map((entry) => entry.file)
  const values = others.flatMap((name) => valuesIn(name) ?? [])
  const signatures = given.signature === undefined ? others : ['']
  const found: QuoteFile[] = []
  for (const [keyFile, key] of keys)
    for (const name of signatures)
      for (const [valuesFile, pcrs] of given.pcrs === undefined && values.length > 0
        ? values
        : [['', given.pcrs ?? null] as const]) {
        const signature = given.signature ?? bytesOf(name)
        const quoted: Quoted = { ...given, key, signature, pcrs }
        if (faultOf(quoted) === null)
          found.push({ quoted, parts: [keyFile, name, valuesFile].filter((part) => part !== '') })
      }
  return found.slice(0, 1)
}

/** Whether no key of the files beside it made this quote: then nobody can say that it holds. */
export function isOfUnknownKey(file: string): boolean {
  const bytes = bytesOf(file)
  return isQuote(bytes) && quotesOfBytes(bytes, file).length === 0
}

/** Whether TPM_GENERATED_VALUE, what a TPM signs begins with, is somewhere in it. */
export const isQuote = (bytes: Uint8Array): boolean => magicAt(bytes) >= 0

const magicAt = (bytes: Uint8Array) => Buffer.from(bytes).indexOf('ff544347', 0, 'hex')

const keyKinds = ['hcl-report', 'azure-cvm-evidence', 'tpm-object', 'pubkey']

function keyIn({ file, kind }: Entry): [[string, ImportedKey]] | null {
  if (!keyKinds.includes(kind)) return null
  const bytes = bytesOf(file)
  const own = () => {
    if (kind !== 'azure-cvm-evidence') return decodeHclReport(bytes)?.ak ?? decodeImportedKey(bytes)
    return quotesOfJson(JSON.parse(new TextDecoder().decode(bytes)), file)[0]!.quoted.key
  }
  return attempt(() => [[file, own()]])
}

function valuesIn(file: string): [[string, PcrsByBank]] | null {
  return attempt(() => [[file, decodePcrValues(bytesOf(file))]])
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (e) {
    if (e instanceof MalformedError || e instanceof CryptoError) return null
    throw e
  }
}
