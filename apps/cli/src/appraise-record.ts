import {
  encodeCanonical,
  findingOf,
  formatCanonical,
  type Json,
  type RecordFault,
  type RecordFaultCode,
  recordBytesMax,
  type VerifiedRecord,
  verifyRecord,
} from '@trusted-launch/attestation'
import { equalBytes, fromUtf8 } from '@trusted-launch/codec'
import type { Certificate, PublicKey } from '@trusted-launch/crypto'
import { EXIT, type ExitCode } from './exit-code.ts'
import { bytesFrom, viewOfFault } from './input-fault.ts'
import { moduleFilesFrom, textOfModules } from './module-files.ts'
import { jsonText, type Output } from './output.ts'
import { trustedAnchors, trustedSigners } from './trust.ts'
import { conclusionOf, exitCodeOfTier, textOfResult } from './verdict.ts'

/** What can be said of a record on the command line. */
export interface RecordOptions {
  key?: string
  inner?: boolean
  anchor?: string[]
  moduleFile?: string[]
  json?: boolean
}

/** Makes a stored verdict again and prints it; or the reason why the record is refused. */
export function appraiseRecord(file: string, options: RecordOptions, output: Output): ExitCode {
  const bytes = bytesFrom('record.malformed', file, 'an appraisal record', recordBytesMax)
  const keys = options.inner === true ? [null] : trustedSigners(options.key)
  const anchors = trustedAnchors(options.anchor ?? [])
  const { key, verified } = verifiedBy(bytes, keys, anchors)
  if ('fault' in verified) {
    const { fault } = verified
    const reason = isReformatted(bytes, { key, anchors })
      ? 'not canonical JSON (RFC 8785): the same was written in another form, by a line feed or an indentation'
      : verified.reason
    const hint =
      fault === 'token-signature' && key !== null ? '; another is named by --key FILE' : ''
    if (options.json === true) output.out(jsonText(viewOfRefused(file, { fault, reason })))
    output.err(`tl: refused: ${file}: ${reason}${hint} (${fault})\n`)
    return isMalformed(fault) ? EXIT.malformed : EXIT.failure
  }
  print(verified, options, output)
  const { appraised, anchorKnown } = verified
  return exitCodeOfTier(conclusionOf(appraised.result, anchorKnown))
}

/** By the key that signed it, among those that are believed. */
function verifiedBy(
  bytes: Uint8Array,
  [key = null, ...others]: readonly (PublicKey | null)[],
  anchors: readonly Certificate[],
): { key: PublicKey | null; verified: VerifiedRecord | RecordFault } {
  const verified = verifyRecord(bytes, { key, anchors })
  const isAnothers = 'fault' in verified && verified.fault === 'token-signature'
  return isAnothers && others.length > 0 ? verifiedBy(bytes, others, anchors) : { key, verified }
}

/** Whether the form of the JSON is all that is wrong: the same in canonical form is a record that holds. */
function isReformatted(bytes: Uint8Array, trust: Parameters<typeof verifyRecord>[1]): boolean {
  try {
    const canonical = encodeCanonical(JSON.parse(fromUtf8(bytes)))
    return !equalBytes(canonical, bytes) && !('fault' in verifyRecord(canonical, trust))
  } catch {
    return false
  }
}

function viewOfRefused(file: string, { fault, reason }: RecordFault) {
  const id = isMalformed(fault) ? 'record.malformed' : 'record.refused'
  const finding = findingOf({ id, summary: `${file}: ${reason}`, actual: fault })
  return { ...viewOfFault(finding), fault, reason, result: null }
}

function print(
  verified: VerifiedRecord,
  { json, inner, moduleFile }: RecordOptions,
  output: Output,
): void {
  const { result } = verified.appraised
  const warnings = warningsOf(verified, inner === true)
  for (const warning of warnings) output.err(`tl: warning: ${warning}\n`)
  const { anchorKnown, token, appraised, input } = verified
  const modules = moduleFile === undefined ? null : moduleFilesFrom(moduleFile, input)
  const conclusion = conclusionOf(result, anchorKnown)
  const doubted = anchorKnown === false ? { anchorKnown, conclusion } : {}
  const besides = modules === null ? {} : { modules }
  const view = { ...result, token, ...doubted, ...besides } as unknown as Json
  if (json !== true && modules !== null) output.out(`${textOfModules(modules)}\n`)
  output.out(
    json === true
      ? `${formatCanonical(view)}\n`
      : textOfResult(result, appraised.keyVerified ? anchorKnown : 'not-asked', output),
  )
}

function warningsOf({ anchorKnown, appraised }: VerifiedRecord, inner: boolean): string[] {
  const warnings: string[] = []
  if (inner)
    warnings.push(
      'nobody vouches for this record: its signature was not checked against a trusted key',
    )
  if (anchorKnown === false)
    warnings.push(
      `the attestation key's certificate leads to an authority that is not trusted here (SHA-256 ${appraised.anchor})`,
    )
  if (anchorKnown === null && appraised.keyVerified)
    warnings.push("the attestation key's certificate leads to no authority")
  return warnings
}

const malformed: readonly RecordFaultCode[] = [
  'record-too-big',
  'record-malformed',
  'token-malformed',
]

function isMalformed(fault: RecordFaultCode): boolean {
  return malformed.includes(fault)
}
