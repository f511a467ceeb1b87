import { decodeImportedKey, type ImportedKey } from '@trusted-launch/attestation'
import { equalBytes, fromHex, fromLatin1, Reader, u32le } from '@trusted-launch/codec'
import { digest, fromBase64url, PublicKey } from '@trusted-launch/crypto'
import { bytesOf, type Entry, type Row } from './manifest.ts'

const magic = fromLatin1('HCLA')
const headerBytes = 32
const hardwareReportBytes = 1184
/** Where a report of each kind states what the guest gave it: SNP's ATTESTATION_REPORT, TDX's REPORTMACSTRUCT. */
const reportDataAt: Readonly<Record<number, number>> = { 2: 0x50, 4: 128 }

/** What Azure's paravisor says of its vTPM's AK. */
export interface HclReport {
  readonly ak: ImportedKey
  /** The hardware's report names the hash of what holds the AK. */
  readonly isBound: boolean
  /** What the guest had put into it; empty: nothing. */
  readonly userData: Uint8Array
}

/** Reads a report of the host compatibility layer; null: it is none. The hardware's signature is not judged. */
export function decodeHclReport(bytes: Uint8Array): HclReport | null {
  if (!equalBytes(bytes.subarray(0, 4), magic)) return null
  const from = new Reader(bytes)
  from.skip(headerBytes)
  const hardware = from.take(hardwareReportBytes)
  const [, , kind, , size] = [0, 1, 2, 3, 4].map(() => u32le.read(from))
  const runtimeData = from.take(size!)
  const at = reportDataAt[kind!]
  const given = JSON.parse(new TextDecoder().decode(runtimeData))
  const userData = fromHex((given['user-data'] ?? '').toLowerCase())
  const { n } = given.keys.find(({ kid }: { kid: string }) => kid === 'HCLAkPub')
  const publicKey = PublicKey.fromRsa(fromBase64url(n), 65537)
  const named = at === undefined ? new Uint8Array() : hardware.subarray(at, at + 32)
  return {
    ak: decodeImportedKey(publicKey.spki),
    isBound: equalBytes(named, digest('sha256', runtimeData)),
    userData: userData.some((byte) => byte !== 0) ? userData : new Uint8Array(),
  }
}

/** A report: it reads, and changing a byte of its AK breaks what binds it. */
export function hclReport({ file }: Entry): Row[] {
  const bytes = bytesOf(file)
  const report = decodeHclReport(bytes)
  const at = Buffer.from(bytes).indexOf('"n":"') + 20
  const changed = decodeHclReport(bytes.with(at, bytes[at] === 65 ? 66 : 65))
  const right = report?.isBound === true && changed?.isBound === false
  return [{ file, expected: 'its AK is bound to the hardware report', got: `${right}`, right }]
}
