import { bundle } from './bundles.ts'
import { authority, endorsement, keyCertificate } from './certificates.ts'
import { creations } from './creations.ts'
import { hclReport } from './hcl-report.ts'
import { imaList } from './ima-lists.ts'
import {
  confidentialLog,
  derivedLog,
  loggedWithValues,
  malformed,
  readable,
  realLog,
} from './logs.ts'
import type { Entry, Row } from './manifest.ts'
import { platformCertificate } from './platform-certificates.ts'
import { boundEvidence, derivedQuote, otherQuote, quotes, unknownKey } from './quotes.ts'
import { tpmObject } from './tpm-objects.ts'

type Judge = (entry: Entry) => readonly Row[]

/** What is done with a file, by its kind in the manifest: each must be judged by one of these. A kind more is a row more. */
const KINDS: Readonly<Record<string, readonly Judge[]>> = {
  'tcg-eventlog': [realLog],
  'cc-eventlog': [confidentialLog],
  wbcl: [loggedWithValues],
  malformed: [malformed],
  'malformed-ish': [readable],
  'attack-derived': [derivedLog, derivedQuote],
  'ca-cert': [authority],
  'ak-cert': [keyCertificate],
  'ek-cert': [endorsement],
  'sb-cert': [authority],
  'platform-cert': [platformCertificate],
  'ak-creation': [creations],
  'tpm-quote': [quotes, otherQuote, unknownKey],
  'azure-cvm-evidence': [quotes, boundEvidence],
  'hcl-report': [hclReport],
  'evidence-bundle': [bundle],
  'ima-log': [imaList],
}
/** Not all of these have to do with a quote. */
const companions: Readonly<Record<string, readonly Judge[]>> = { 'tpm-object': [tpmObject] }

/** What became of every file of these kinds, in their order. */
export function judge(entries: readonly Entry[]): Row[] {
  const all = { ...KINDS, ...companions }
  return entries.flatMap((entry) => (all[entry.kind] ?? []).flatMap((one) => one(entry)))
}

/** Files that ought to be judged and were not. */
export function notJudged(entries: readonly Entry[], rows: readonly Row[]): string[] {
  const judged = new Set(rows.map(({ file }) => file))
  return entries
    .filter(({ kind, file }) => kind in KINDS && !judged.has(file))
    .map(({ file }) => file)
}

/** How many files there are of each kind that nobody here judges, or only in part. */
export function otherKinds(entries: readonly Entry[], rows: readonly Row[]): string {
  const judged = new Set(rows.map(({ file }) => file))
  const left = entries.filter(({ kind, file }) => !(kind in KINDS) && !judged.has(file))
  return [...Map.groupBy(left, ({ kind }) => kind)]
    .map(([kind, { length }]) => `${kind} ${length}`)
    .join(', ')
}
