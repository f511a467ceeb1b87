import type { BootEvent, BootFile, BootReference, BootView } from '@trusted-launch/api'
import {
  type AppraisedEvent,
  appraiseEventLog,
  describeOrigin,
  type EventCheck,
  type EventLogAppraisal,
  type EventLogInput,
  eventChecks,
  pcrRows,
  type ReferenceVariant,
  type VerifiedRecord,
  verifyRecord,
} from '@trusted-launch/attestation'
import { MalformedError, toHex } from '@trusted-launch/codec'
import {
  decodeImaList,
  describeData,
  eventTypeName,
  type ImaEntry,
  notesOf,
  replay,
} from '@trusted-launch/eventlog'
import { certificatesIn } from './boot-certificates.ts'

/** A record that was kept, to be shown: plain values, for a thread. */
export interface BootViewTask {
  readonly shown: Uint8Array
}

/** What comes out of the record; its id, time and verdict are for who keeps it. */
export type ShownBoot = Omit<BootView, 'id' | 'time' | 'tier' | 'findings'>

/** The record does not give its verdict again: of an older verifier, or changed. */
export interface NotShown {
  readonly fault: string
}

const EVENTS_MAX = 20_000
const FILES_MAX = 20_000
/** Of the data of one event, and of all: a log may have 16 MiB. */
const DATA_BYTES_MAX = 4_096
const ALL_DATA_BYTES_MAX = 4 * 1024 * 1024
const NAME_CHARS_MAX = 1_024

/** A record as people look at it: its log event by event, its registers, its files. */
export function shownBoot({ shown }: BootViewTask): ShownBoot | NotShown {
  const kept = verifyRecord(shown, { key: null, anchors: [] })
  if ('fault' in kept) return { fault: kept.reason }
  const { result, variant } = kept.appraised
  const logs = logsOf(kept)
  const log = appraiseEventLog(logs)
  const held = kept.input.references?.variants.find((one) => one.name === variant) ?? null
  const start = log.log === null || log.bank === null ? null : replay(log.log, log.bank)
  const events = log.events.slice(0, EVENTS_MAX)
  const files = filesOf(kept.input.evidence.imaLog)
  const certificates = certificatesIn(log.events)
  return {
    chain: result.chain.map((stage) => ({ ...stage, certificates: certificates(stage.signer) })),
    reference: held === null ? null : referenceOf(held),
    isQuoted: result.pcrs !== null,
    bank: log.bank,
    format: log.log?.format ?? null,
    banks: log.log?.algorithms ?? [],
    startupLocality: start?.startupLocality ?? null,
    events: viewsOf(events, eventChecks(logs, held)),
    registers: registersOf(logs, log),
    claims: result.claims,
    files: files.slice(0, FILES_MAX).map(fileOf),
    leftOut: {
      events: log.events.length - events.length,
      files: Math.max(0, files.length - FILES_MAX),
    },
    token: kept.token,
  }
}

/** The logs by the registers that came with the quotes; whether those are the VM's is for the verdict to say. */
function logsOf({ input }: VerifiedRecord): EventLogInput {
  const { eventLog, imaLog, userspaceLog } = input.evidence
  const { profile } = input.expectation
  return { eventLog, imaLog, userspaceLog, profile, pcrs: quotedIn(input) }
}

function quotedIn({ evidence: { quotes } }: VerifiedRecord['input']) {
  return new Map(
    quotes.map(
      ({ bank, pcrs }) =>
        [bank, new Map(pcrs.map(({ index, digest }) => [index, digest] as const))] as const,
    ),
  )
}

function registersOf(input: EventLogInput, log: EventLogAppraisal): BootView['registers'] {
  return pcrRows(log, input).map(({ given, ...row }) => ({
    ...row,
    bank: log.bank!,
    quoted: given,
  }))
}

function viewsOf(
  events: readonly AppraisedEvent[],
  checks: readonly (readonly EventCheck[])[],
): BootEvent[] {
  let room = ALL_DATA_BYTES_MAX
  return events.map((event) => {
    const shown = event.data.subarray(0, Math.min(DATA_BYTES_MAX, room))
    room -= shown.length
    const { status, rule, covers, data } = event.explanation
    return {
      index: event.index,
      pcr: event.pcrIndex,
      type: eventTypeName(event),
      digest: event.digest.length === 0 ? null : toHex(event.digest),
      vouchedFor: event.vouchedFor,
      ...{ status, rule, covers },
      text: describeData(data),
      notes: notesOf(event.explanation),
      checks: checks[event.index] ?? [],
      bytes: event.data.length,
      data: toHex(shown),
    }
  })
}

function filesOf(list: Uint8Array | null): readonly ImaEntry[] {
  try {
    return decodeImaList(list ?? new Uint8Array())
  } catch (error) {
    if (error instanceof MalformedError) return []
    throw error
  }
}

function fileOf({ index, data, templateName, violation }: ImaEntry): BootFile {
  const isRead = data.kind === 'fields'
  return {
    index,
    path: isRead ? data.name.slice(0, NAME_CHARS_MAX) : '',
    digest: isRead ? `${data.digest.algorithm}:${toHex(data.digest.digest)}` : null,
    template: templateName,
    violation,
  }
}

function referenceOf({ name, approval, origins }: ReferenceVariant): BootReference {
  return { name, origins: origins.map(describeOrigin), approval }
}
