import { fromHex, toHex } from '@trusted-launch/codec'
import type { HashName } from '@trusted-launch/crypto'
import {
  decodeImaList,
  encodeImaList,
  encodeTemplateData,
  templateDigest,
} from '@trusted-launch/eventlog'
import { type Entry, type Row, textOf } from './manifest.ts'

/** The kernel prints a list with the hash of one bank, by whose size it is known which. */
const bankOfHex: Readonly<Record<number, HashName>> = { 40: 'sha1', 64: 'sha256', 96: 'sha384' }

/** A list as the kernel prints it, brought into the form it is read in: it reads, and its hashes are of its data. */
export function imaList({ file, expected }: Entry): Row[] {
  const lines = textOf(file)!.trimEnd().split('\n').map(lineOf)
  const list = decodeImaList(encodeImaList(lines.map(({ entry }) => entry)))
  const algorithms = list.map(({ data }) =>
    data.kind === 'fields' ? data.digest.algorithm : 'undecodable',
  )
  const [, wanted] = /^digest algorithm (\S+)/.exec(expected) ?? []
  if (wanted !== undefined)
    return [
      row(
        file,
        `of ${wanted}`,
        algorithms.join(),
        algorithms.every((one) => one === wanted),
      ),
    ]
  if (/unknown algorithm: must be refused/.test(expected)) {
    const refused = algorithms.every((one) => one === 'undecodable')
    return [row(file, 'no entry is read', algorithms.join(), refused)]
  }
  const hold = list.map((entry, i) => {
    const { hash } = lines[i]!
    const bank = bankOfHex[hash.length]
    return entry.violation || (bank !== undefined && toHex(templateDigest(entry, bank)) === hash)
  })
  const right = hold.every(Boolean) && !algorithms.includes('undecodable')
  return [row(file, 'is read, and its hashes hold', hold.join(), right)]
}

function lineOf(line: string) {
  const [pcr, hash, templateName, digest, name, more] = line.split(' ') as [
    ...[string, string, string, string, string],
    string?,
  ]
  const [algorithm, hex] = digest.split(':') as [string, string]
  const fields = templateName === 'ima-ng' ? [] : [fromHex(more ?? '')]
  const templateData = encodeTemplateData({ algorithm, digest: fromHex(hex) }, name, ...fields)
  const violation = /^0+$/.test(hash)
  const templateHash =
    hash.length === 40 ? fromHex(hash) : new Uint8Array(20).fill(violation ? 0 : 1)
  const entry = { pcrIndex: Number(pcr), templateHash, templateName, templateData, violation }
  return { hash, entry }
}

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}
