import { decodeImportedKey } from '@trusted-launch/attestation'
import { decode, equalBytes, MalformedError, Reader } from '@trusted-launch/codec'
import {
  nameOfPublic,
  TPM2B_ENCRYPTED_SECRET,
  TPM2B_ID_OBJECT,
  TPMS_ATTEST,
  TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { bytesOf, type Entry, manifest, type Row } from './manifest.ts'
import { quotesIn } from './quotes.ts'

/** What tpm2-tools wrote of a key: its public area, its name, or a credential made for it. */
export function tpmObject(entry: Entry): Row[] {
  const { file } = entry
  const bytes = bytesOf(file)
  return [keyRow, nameRow, credentialRow, nonceRow].flatMap((judge) => judge(file, bytes))
}

function keyRow(file: string, bytes: Uint8Array): Row[] {
  const own = keyIn(bytes)
  if (own === null) return []
  const twins = beside(file).filter((other) =>
    keyIn(bytesOf(other))?.publicKey.equals(own.publicKey),
  )
  const got = `${own.publicKey.kind} ${own.publicKey.bits}, ${twins.length} of the same`
  return [row(file, 'a key, and the same in another form', got, twins.length > 0)]
}

function nameRow(file: string, bytes: Uint8Array): Row[] {
  if (bytes.length !== 34) return []
  const named = beside(file).filter((other) => {
    const area = keyIn(bytesOf(other))?.area
    return area != null && equalBytes(nameOfPublic(decode(TPMT_PUBLIC, area)), bytes)
  })
  return [row(file, 'the name of a key beside it', named.join(' '), named.length === 1)]
}

/** tpm2_makecredential's file: its magic and version, then the two structures. */
function credentialRow(file: string, bytes: Uint8Array): Row[] {
  const from = new Reader(bytes)
  if (bytes.length < 8 || from.view.getUint32(0) !== 0xbadcc0de) return []
  from.skip(8)
  TPM2B_ID_OBJECT.read(from)
  TPM2B_ENCRYPTED_SECRET.read(from)
  const right = from.remaining === 0
  return [row(file, 'a credential', `${from.remaining} bytes left`, right)]
}

/** What a quote beside it was asked with. */
function nonceRow(file: string, bytes: Uint8Array): Row[] {
  const folder = file.replace(/[^/]*$/, '')
  const asked = manifest()
    .filter((entry) => entry.kind === 'tpm-quote' && entry.file.startsWith(folder))
    .flatMap((entry) => quotesIn(entry.file))
    .filter(({ quoted }) => equalBytes(decode(TPMS_ATTEST, quoted.attest).extraData, bytes))
  return asked.map(() => row(file, 'the nonce of the quote beside it', 'it is', true))
}

function beside(file: string): string[] {
  const folder = file.replace(/[^/]*$/, '')
  return manifest()
    .filter((entry) => entry.kind === 'tpm-object' && entry.file.startsWith(folder))
    .map((entry) => entry.file)
    .filter((other) => other !== file)
}

function keyIn(bytes: Uint8Array) {
  try {
    return decodeImportedKey(bytes)
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}
