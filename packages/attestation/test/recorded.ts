import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  BANKS,
  type Bank,
  bootAggregate,
  buildEventLog,
  decodeEventData,
  decodeEventLog,
  decodeImaList,
  encodeEventLog,
  encodeImaList,
  encodeTemplateData,
  type ImaEntry,
  type LoggedEvent,
  type NewEvent,
  replay,
  replayIma,
} from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { COMPONENT } from '../src/component.ts'
import { checkReferenceValues } from '../src/reference-values.ts'
import { PINNED_PCRS, type ReferenceVariant } from '../src/reference-variant.ts'
import { inputOf, quoteOf, type Values, valuesOf } from './attester.ts'

const folder = join(import.meta.dirname, '../../eventlog/testdata/small-secure-boot')
const read = (name: string) => Uint8Array.from(readFileSync(join(folder, name)))
const bank = 'sha256'

/** What the small guest wrote down in one real boot, and what its TPM quoted. */
export const eventLog = read('event-log')
export const imaLog = read('ima-list')
const log = decodeEventLog(eventLog)
/** The events behind the log's first, which only says how it is written. */
export const events: readonly LoggedEvent[] = log.events.slice(1)
export const list: readonly ImaEntry[] = decodeImaList(imaLog)
const stated = JSON.parse(new TextDecoder().decode(read('pcrs.json'))).sha256
export const quoted: Values = new Map(
  Object.entries<string>(stated).map(([pcr, hex]) => [Number(pcr), fromHex(hex)]),
)

const machine = {
  firmwareSha256: '11'.repeat(32),
  memoryMiB: 512,
  vcpus: 1,
  accelerator: 'tcg',
} as const
const hex = (event: LoggedEvent) => ({ [bank]: toHex(event.digests.get(bank)!) })

/** That boot, as what is expected. */
const variant: ReferenceVariant = {
  name: 'small',
  origins: [{ kind: 'image', name: 'small', sha256: '00'.repeat(32) }],
  approval: 'not-needed',
  banks: [bank],
  variables: { secureBoot: true, PK: null, KEK: null, db: null, dbx: null },
  bounds: null,
  firmware: firmwareOf(events.filter(({ pcrIndex }) => pcrIndex === 0)),
  pcrs: Object.fromEntries(PINNED_PCRS.map((pcr) => [pcr, pinned(pcr)])),
  kernel: { commandLine: null, modules: list.slice(1).map(moduleOf) },
}

function firmwareOf([version, peifv, dxefv]: readonly LoggedEvent[]) {
  return {
    sha256: machine.firmwareSha256,
    crtmVersion: hex(version!),
    dxefv: hex(dxefv!),
    learnt: [{ ...machine, digests: hex(peifv!) }],
  }
}

function pinned(pcr: number) {
  const own = events.filter(({ pcrIndex }) => pcrIndex === pcr)
  const componentOf = (event: LoggedEvent) => {
    const data = decodeEventData(event)
    const isLine = data.kind === 'ipl' && data.by === 'kernel_cmdline'
    return isLine ? COMPONENT.kernelCommandLine : COMPONENT.bootManager
  }
  return {
    events: own.map((event) => ({
      ...{ component: componentOf(event), description: '', path: null },
      digests: hex(event),
    })),
    values: { [bank]: toHex(quoted.get(pcr)!) },
  }
}

function moduleOf({ data }: ImaEntry) {
  if (data.kind !== 'fields') throw new TypeError('a list of ima-ng entries is recorded here')
  return { path: data.name, sha256: toHex(data.digest.digest) }
}

export const references = checkReferenceValues({ version: 2, variants: [variant] })

/** That boot's evidence over these values, signed by the AK of these tests. */
export function evidenceOf(
  values: Values,
  logs: { eventLog: Uint8Array; imaLog: Uint8Array },
): AppraisalInput {
  const input = inputOf([quoteOf(bank, values)], logs.eventLog, { imaLog: logs.imaLog })
  return { ...input, references, expectation: { ...input.expectation, machine } }
}

/**
 * A boot of these events, forged to the end: quoted as a TPM would hold them, and with an IMA list that
 * begins with the aggregate of that.
 */
export function forged(steps: readonly NewEvent[]): AppraisalInput {
  const made = buildEventLog([bank as Bank], steps)
  const replayed = [...replay(made, bank).pcrs].map(([pcr, { value }]) => [pcr, value] as const)
  const values = new Map(valuesOf(bank, new Map(replayed)))
  const aggregate = bootAggregate(bank, values)!
  const templateData = encodeTemplateData({ algorithm: bank, digest: aggregate }, 'boot_aggregate')
  const templateHash = digest('sha1', templateData)
  const first = { ...list[0]!, templateName: 'ima-ng', templateData, templateHash }
  const whole = encodeImaList([first, ...list.slice(1)])
  const none = new Uint8Array(BANKS[bank].size)
  const start = values.get(10)!
  values.set(10, replayIma(decodeImaList(whole), bank, none, { start }).value)
  return evidenceOf(values, { eventLog: encodeEventLog(made), imaLog: whole })
}
