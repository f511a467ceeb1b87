import { fromHex, fromUtf8, MalformedError, within } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { PCR_COUNT } from '@trusted-launch/eventlog'
import { decodePcrFile, hashNameOf } from '@trusted-launch/tpm2'
import type { PcrsByNumber } from '../pcr-values.ts'
import { refuseRepeated } from '../written-json.ts'

/** PCR values as they stand in a file, by bank: nothing vouches for them yet. */
export type PcrsByBank = ReadonlyMap<HashName, PcrsByNumber>

/** The most bytes a file of PCR values may have. */
export const PCR_FILE_BYTES_MAX = 1 << 20

const isBank = (name: unknown): name is HashName =>
  typeof name === 'string' && Object.hasOwn(DIGEST_SIZE, name)

type RawPcrs = readonly (readonly [string, string])[]
type RawBanks = readonly (readonly [HashName, RawPcrs])[]

/**
 * Reads PCR values in any form they are handed around in: what `tpm2_quote -o` wrote
 * (`decodePcrFile`), what `tpm2_pcrread` prints (`sha256:` and then `  0 : 0xHEX`), JSON
 * `{ "sha256": { "0": "hex", … } }`, or JSON `{ "alg": "sha256", "pcrs": { "0": "hex", … } }`. A bank
 * without a value is left out: that is how `tpm2_pcrread` prints one that is switched off. So is one of
 * another hash that it prints.
 *
 * @throws {MalformedError} any other form, no value at all, in JSON an unknown bank, a bank twice, a PCR
 *   above 23 or one twice, a value of another size.
 */
export function decodePcrValues(file: Uint8Array): PcrsByBank {
  const banks = isText(file) ? valuesOf(banksOf(textOf(file))) : valuesOfFile(file)
  const given = [...banks].filter(([, values]) => values.size > 0)
  if (given.length === 0) throw malformed('', 'no PCR value')
  return new Map(given)
}

/** tpm2_quote's files begin with a count of banks in binary, and are full of zeros. */
function isText(file: Uint8Array): boolean {
  return !file.subarray(0, 4).includes(0)
}

function textOf(file: Uint8Array): string {
  try {
    return fromUtf8(file)
  } catch (cause) {
    const isBare = Object.values(DIGEST_SIZE).some((size) => file.length % size === 0)
    if (!isBare) throw cause
    const reason =
      'digests alone, as -F values writes them, do not say of which PCRs: give what -F serialized writes, or what tpm2_pcrread prints'
    throw malformed('', reason, { cause })
  }
}

function valuesOfFile(file: Uint8Array): PcrsByBank {
  return new Map(
    decodePcrFile(file).map(({ hash, pcrs }) => [
      hashNameOf(hash)!,
      new Map(pcrs.map(({ index, digest }) => [index, digest])),
    ]),
  )
}

function malformed(path: string, reason: string, options?: ErrorOptions): MalformedError {
  return new MalformedError(`PCRs${path}`, 0, reason, options)
}

function valuesOf(banks: RawBanks): PcrsByBank {
  const values = new Map<HashName, PcrsByNumber>()
  for (const [bank, pcrs] of banks) {
    if (values.has(bank)) throw malformed(`.${bank}`, 'the bank twice')
    values.set(bank, valuesOfBank(bank, pcrs))
  }
  return values
}

function valuesOfBank(bank: HashName, pcrs: RawPcrs): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>()
  for (const [name, hex] of pcrs) {
    const pcrIndex = Number(name)
    if (!/^\d{1,2}$/.test(name) || pcrIndex >= PCR_COUNT)
      throw malformed(`.${bank}`, `no PCR ${name.slice(0, 16)}`)
    if (values.has(pcrIndex)) throw malformed(`.${bank}`, `PCR ${name} twice`)
    const value = fromHex(hex.replace(/^0x/, ''))
    if (value.length !== DIGEST_SIZE[bank])
      throw malformed(`.${bank}.${name}`, `${value.length} bytes, not ${DIGEST_SIZE[bank]}`)
    values.set(pcrIndex, value)
  }
  return values
}

function banksOf(text: string): RawBanks {
  return text.trimStart().startsWith('{') ? banksOfJson(text) : banksOfText(text)
}

function banksOfJson(text: string): RawBanks {
  let document: Record<string, unknown>
  try {
    document = JSON.parse(text) as Record<string, unknown>
  } catch (cause) {
    throw malformed('', 'not JSON', { cause })
  }
  within('PCRs', () => refuseRepeated(text))
  const names = Object.keys(document).sort().join()
  const banks = names === 'alg,pcrs' ? [[document.alg, document.pcrs]] : Object.entries(document)
  return banks.map(([bank, pcrs]) => {
    if (!isBank(bank))
      throw malformed(`.${nameOf(bank)}`, 'no such bank: sha1, sha256, sha384, sha512')
    if (typeof pcrs !== 'object' || pcrs === null || Array.isArray(pcrs))
      throw malformed(`.${bank}`, 'not an object of PCR values')
    const entries = Object.entries(pcrs as Record<string, unknown>)
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      throw malformed(`.${bank}`, 'a value that is not text')
    return [bank, entries] as const
  })
}

/** A value's beginning where it is text, else what it is. */
function nameOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 16) : typeof value
}

/** Values of a bank that is not known here (a TPM may have SM3 and SHA-3) go with its heading. */
function banksOfText(text: string): RawBanks {
  const banks: [string, [string, string][]][] = []
  for (const [i, line] of text.split('\n').entries()) {
    const heading = /^\s*([^\s:]+)\s*:\s*$/.exec(line)
    const value = /^\s*(\d+)\s*:\s*0x([0-9a-fA-F]+)\s*$/.exec(line)
    if (heading !== null) banks.push([heading[1]!, []])
    else if (value !== null && banks.length > 0) banks.at(-1)![1].push([value[1]!, value[2]!])
    else if (line.trim() !== '') throw malformed('', `line ${i + 1} is neither bank nor value`)
  }
  return banks.filter((bank): bank is [HashName, [string, string][]] => isBank(bank[0]))
}
