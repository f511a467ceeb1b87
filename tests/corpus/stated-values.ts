import { fromHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { type EventLog, startValue } from '@trusted-launch/eventlog'
import { textOf } from './manifest.ts'

type Stated = Record<string, Record<string, string>>

/**
 * The PCR values that who recorded the log states beside it, in `expected/`: JSON (`banks`). What is not
 * stated is at its start. Null: nothing is stated.
 */
export function valuesStated(
  file: string,
  log: EventLog,
): Map<HashName, Map<number, Uint8Array>> | null {
  const [, folder, name] = /^(.*?)\/(?:[^/]*\/)?([^/]*)$/.exec(file) ?? []
  const text = textOf(`${folder}/expected/${name}.json`)
  const banks: Stated | undefined = text === null ? undefined : JSON.parse(text).banks
  if (banks === undefined) return null
  const known = Object.entries(banks).filter(
    (entry): entry is [HashName, Stated[string]] =>
      entry[0] in DIGEST_SIZE && log.algorithms.includes(entry[0] as HashName),
  )
  return new Map(known.map(([bank, values]) => [bank, valuesOf(bank, values, log)]))
}

function valuesOf(bank: HashName, stated: Stated[string], log: EventLog) {
  const values = new Map<number, Uint8Array>()
  const extended = new Set(log.events.map(({ pcrIndex }) => pcrIndex))
  for (let pcr = 0; pcr < 24; pcr++) {
    const hex = stated[pcr]
    if (hex !== undefined) values.set(pcr, fromHex(hex))
    else if (!extended.has(pcr)) values.set(pcr, startValue(bank, pcr))
  }
  return values
}
