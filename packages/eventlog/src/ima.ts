import {
  bytes,
  type Codec,
  decode,
  latin1,
  MalformedError,
  many,
  placed,
  type Reader,
  sized,
  struct,
  text,
  u32le,
  Writer,
} from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, type HashName, isDigestOf } from '@trusted-launch/crypto'
import { PCR_COUNT } from './constants.ts'
import {
  decodeTemplateData,
  type ImaTemplateData,
  measuredBytes,
  readOldTemplateData,
} from './ima-template.ts'

/** The most bytes an IMA list may have: the kernel's grows with each file for as long as it runs. */
export const MAX_IMA_LIST_SIZE = 16 << 20
const templateDataMax = 2 << 20
const templateNameMax = 256
const entriesMax = 1 << 18

/** One line of the kernel's measurement list. Nothing in it is verified yet. */
export interface ImaEntry {
  readonly index: number
  readonly pcrIndex: number
  /** SHA-1 of the template's data as the list says; zeros mark a violation. */
  readonly templateHash: Uint8Array
  readonly templateName: string
  /** A view of the list: what the template's hash is over (of `ima`, see `measuredBytes`). */
  readonly templateData: Uint8Array
  readonly data: ImaTemplateData
  /** The file changed while it was open or was open while it was measured: PCR 10 got 0xFF. */
  readonly violation: boolean
}

const header = struct('ima_template_entry', {
  pcrIndex: u32le,
  templateHash: bytes(20),
  templateName: text(sized(u32le, { max: templateNameMax, min: 1 }), latin1),
})

const dataWithLength = sized(u32le, { max: templateDataMax })

const entryLayout: Codec<Unplaced> = {
  read(from) {
    const start = from.position
    const { pcrIndex, templateHash, templateName } = header.read(from)
    if (pcrIndex >= PCR_COUNT)
      throw new MalformedError('pcrIndex', start, `there is no PCR ${pcrIndex}`)
    if (!/^[\x21-\x7e]+$/.test(templateName))
      throw new MalformedError('templateName', start + 28, 'not a name')
    const templateData = readData(from, templateName)
    const violation = isZeros(templateHash)
    const data = decodeTemplateData(templateName, templateData)
    return { index: 0, pcrIndex, templateHash, templateName, templateData, data, violation }
  },
  write(to, { pcrIndex, templateHash, templateName, templateData }) {
    header.write(to, { pcrIndex, templateHash, templateName })
    if (templateName === 'ima') to.put(templateData)
    else dataWithLength.write(to, templateData)
  },
}

/** Its place is known when the list is read. */
type Unplaced = Omit<ImaEntry, 'index'> & { index: number }

function readData(from: Reader, templateName: string): Uint8Array {
  try {
    return templateName === 'ima' ? readOldTemplateData(from) : dataWithLength.read(from)
  } catch (e) {
    throw placed(e, 'templateData')
  }
}

function isZeros(hash: Uint8Array): boolean {
  for (let i = 0; i < hash.length; i++) if (hash[i] !== 0) return false
  return true
}

const listLayout = { ...many(entryLayout, { max: entriesMax }), name: 'ImaList' }

/**
 * Reads `binary_runtime_measurements` strictly. A template we don't know is kept as `undecodable`
 * and still replays. Says what the kernel *read*, each file once: not what ran, nor who signed it.
 *
 * @param list at most 16 MiB, little-endian, as received.
 * @throws {MalformedError} with the entry's number in the path.
 * @see Linux, Documentation/security/IMA-templates.rst; security/integrity/ima/ima_fs.c
 */
export function decodeImaList(list: Uint8Array): ImaEntry[] {
  if (list.length > MAX_IMA_LIST_SIZE)
    throw new MalformedError('ImaList', MAX_IMA_LIST_SIZE, `more than ${MAX_IMA_LIST_SIZE} bytes`)
  const entries = decode(listLayout, list)
  for (let i = 0; i < entries.length; i++) entries[i]!.index = i
  return entries
}

/** Writes a list: what `decodeImaList` reads comes out as the same bytes. */
export function encodeImaList(entries: readonly Omit<ImaEntry, 'index' | 'data'>[]): Uint8Array {
  const to = new Writer(1 << 12)
  for (const entry of entries) entryLayout.write(to, { ...entry, index: 0, data: undecoded })
  return to.finish()
}

const undecoded: ImaTemplateData = { kind: 'undecodable', bytes: new Uint8Array(0), reason: '' }

/**
 * What the kernel extended the bank's PCR with for this entry: the hash of its data, for a violation
 * 0xFF throughout. So neither a template's name nor a violation's data is vouched for.
 */
export function templateDigest(entry: ImaEntry, bank: HashName): Uint8Array {
  if (entry.violation) return new Uint8Array(DIGEST_SIZE[bank]).fill(0xff)
  return digest(bank, measuredBytes(entry.templateName, entry.templateData))
}

/** True when the list's own hash of the entry is right (a violation has none). It need not be believed. */
export function templateHashHolds(entry: ImaEntry): boolean {
  const { violation, templateName, templateData, templateHash } = entry
  return violation || isDigestOf('sha1', measuredBytes(templateName, templateData), templateHash)
}
