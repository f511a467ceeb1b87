// Holds a long list of the kernel against many variants, in a thread with little memory.

import { parentPort } from 'node:worker_threads'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  bootAggregate,
  encodeImaList,
  encodeTemplateData,
  type ImaEntry,
  imaValueAfter,
} from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/index.ts'
import { eventLog, evidenceOf, list, quoted, references } from './recorded.ts'

const ENTRIES = 2_500
const VARIANTS = 100

const entryOf = (value: Uint8Array, path: string): ImaEntry => {
  const templateData = encodeTemplateData({ algorithm: 'sha256', digest: value }, path)
  const templateHash = digest('sha1', templateData)
  return { ...list[0]!, templateName: 'ima-ng', templateData, templateHash }
}
const numbered = (i: number) => digest('sha256', new Uint8Array([i, i >> 8]))
const entries = [
  entryOf(bootAggregate('sha256', quoted)!, 'boot_aggregate'),
  ...Array.from({ length: ENTRIES }, (_, i) => entryOf(numbered(i), `/${i}.ko`)),
]
const values = new Map(quoted)
values.set(10, imaValueAfter(entries, 'sha256', { start: new Uint8Array(32), paddedSha1: false }))
const [variant] = references.variants
const variants = Array.from({ length: VARIANTS }, (_, i) => ({
  ...variant!,
  name: `variant ${i}`,
  pcrs: { ...variant!.pcrs, 4: { ...variant!.pcrs[4]!, values: { sha256: toHex(numbered(i)) } } },
}))
const input = evidenceOf(values, { eventLog, imaLog: encodeImaList(entries) })
const { result } = appraiseEvidence({ ...input, references: { version: 2, variants } })
parentPort!.postMessage(result.findings.length)
