import { fromHex, fromUtf8, MalformedError } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { PCR_COUNT } from '@trusted-launch/eventlog'

/** PCR values by bank and number. */
export type PcrValues = ReadonlyMap<HashName, ReadonlyMap<number, Uint8Array>>

/** The most bytes a file of PCR values may have. */
export const PCR_FILE_BYTES_MAX = 1 << 20

const isBank = (name: string): name is HashName => Object.hasOwn(DIGEST_SIZE, name)

/**
 * Reads PCR values in either of two forms: JSON `{ "sha256": { "0": "hex", … } }`, or the text that
 * `tpm2_pcrread` prints (`sha256:` and then `  0 : 0xHEX`).
 * @throws {MalformedError} any other form, an unknown bank, a PCR above 23, a value of another size.
 */
export function decodePcrValues(bytes: Uint8Array): PcrValues {
  const text = fromUtf8(bytes)
  const banks = text.trimStart().startsWith('{') ? banksOfJson(text) : banksOfText(text)
  const values = new Map<HashName, Map<number, Uint8Array>>()
  for (const [bank, pcrs] of banks) values.set(bank, valuesOf(bank, pcrs))
  if (values.size === 0) throw malformed('', 'no PCR value')
  return values
}

type RawPcrs = readonly (readonly [string, string])[]

function malformed(path: string, reason: string): MalformedError {
  return new MalformedError(`PCRs${path}`, 0, reason)
}

function valuesOf(bank: HashName, pcrs: RawPcrs): Map<number, Uint8Array> {
  const values = new Map<number, Uint8Array>()
  for (const [name, hex] of pcrs) {
    const pcrIndex = Number(name)
    if (!/^\d{1,2}$/.test(name) || pcrIndex >= PCR_COUNT)
      throw malformed(`.${bank}`, `no PCR ${name}`)
    if (values.has(pcrIndex)) throw malformed(`.${bank}`, `PCR ${name} twice`)
    const value = fromHex(hex)
    if (value.length !== DIGEST_SIZE[bank])
      throw malformed(`.${bank}.${name}`, `${value.length} bytes`)
    values.set(pcrIndex, value)
  }
  return values
}

function banksOfJson(text: string): [HashName, RawPcrs][] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new MalformedError('PCRs', 0, 'not JSON', { cause })
  }
  return Object.entries(document as object).map(([bank, pcrs]) => {
    if (!isBank(bank)) throw malformed(`.${bank}`, 'no such bank')
    if (typeof pcrs !== 'object' || pcrs === null || Array.isArray(pcrs))
      throw malformed(`.${bank}`, 'not an object of PCR values')
    const entries = Object.entries(pcrs as Record<string, unknown>)
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      throw malformed(`.${bank}`, 'a value that is not text')
    return [bank, entries]
  })
}

function banksOfText(text: string): [HashName, RawPcrs][] {
  const banks: [HashName, [string, string][]][] = []
  for (const line of text.split('\n')) {
    const heading = /^\s*([a-z0-9_]+)\s*:\s*$/.exec(line)
    const value = /^\s*(\d+)\s*:\s*0x([0-9a-fA-F]+)\s*$/.exec(line)
    if (heading !== null && isBank(heading[1]!)) banks.push([heading[1], []])
    else if (value !== null && banks.length > 0) banks.at(-1)![1].push([value[1]!, value[2]!])
    else if (line.trim() !== '') throw malformed('', `a line that is neither bank nor value`)
  }
  return banks
}
