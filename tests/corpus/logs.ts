import {
  appraiseEventLog,
  type Claims,
  claimsOf,
  type EventLogAppraisal,
  PcrValues,
  type Profile,
  VerifiedEventLog,
} from '@trusted-launch/attestation'
import { fromHex, MalformedError } from '@trusted-launch/codec'
import { DIGEST_SIZE, type HashName } from '@trusted-launch/crypto'
import { decodeEventLog, EV, type EventLog, replay } from '@trusted-launch/eventlog'
import { bytesOf, type Entry, manifest, type Row, textOf } from './manifest.ts'
import { goPcrs } from './quote-files.ts'
import { valuesStated } from './stated-values.ts'

type Pcrs = Map<HashName, Map<number, Uint8Array>>
type Padding = 'none' | 'acpi'

/** Our own guests' kernels write such tags too, so `strict` takes them: docs/decisions/0010-named-tolerances.md. */
const linuxTag = 'tolerated.event-tag-unexplained'

/** A log that a machine wrote: accepted where it is whole, refused where it is a piece of one. */
export function realLog({ file }: Entry): Row[] {
  const log = decoded(file, 'none')
  if (log === null) return [row(file, 'malformed or a piece', 'malformed', true)]
  const pcrs = valuesStated(file, log) ?? replayed(log)
  const got = appraise(file, pcrs, 'pc-client')
  if (!isWhole(log)) return [row(file, 'a piece: refused', told(got), got.verified === false)]
  const tolerant = row(`${file}`, 'accepted (pc-client)', told(got), got.verified === true)
  const strict = appraise(file, pcrs, 'strict')
  const needed = got.findings.some(({ id }) => id.startsWith('tolerated.') && id !== linuxTag)
  const fits = !needed || strict.verified === false
  const expected = needed ? 'refused (strict)' : 'as it is (strict)'
  return [tolerant, row(file, expected, told(strict), fits)]
}

/** What is no log at all, or one cut short or with absurd sizes. */
export function malformed({ file }: Entry): Row[] {
  const got = appraise(file, new Map(), 'pc-client')
  return [row(file, 'malformed', told(got), got.malformed)]
}

/** A log that must at least be read. */
export function readable({ file }: Entry): Row[] {
  const got = appraise(file, new Map(), 'pc-client')
  return [row(file, 'is read', told(got), !got.malformed)]
}

/** A log whose PCR values stand in a machine's whole evidence, which has the same log. */
export function loggedWithValues({ file, expected }: Entry): Row[] {
  const raw = Buffer.from(bytesOf(file)).toString('base64')
  const bundles = manifest().filter(
    ({ kind, file: name }) => kind === 'evidence-bundle' && name.endsWith('.json'),
  )
  const given = bundles.map((entry) => JSON.parse(textOf(entry.file)!).Log)
  return given
    .filter((log) => log?.Raw === raw)
    .flatMap(({ PCRs }) => {
      const pcrs: Pcrs = new Map([...goPcrs(PCRs)].map(([bank, values]) => [bank, new Map(values)]))
      const secureBoot = claimsOfLog(file, pcrs)?.['secure-boot']?.value
      const wanted = /SecureBoot=(\w+)/.exec(expected)?.[1]
      const right = secureBoot !== undefined && `${secureBoot}` === (wanted ?? `${secureBoot}`)
      const replayed = row(file, `replays, SecureBoot=${wanted}`, `${secureBoot}`, right)
      const got = appraise(file, pcrs, 'pc-client')
      const whole = isWhole(decoded(file, 'none')!)
      const words = whole ? 'accepted' : 'a piece: refused'
      return [replayed, row(file, words, told(got), got.verified === whole)]
    })
}

/** What its registers vouch for; null: the log does not give them. */
function claimsOfLog(file: string, pcrs: Pcrs): Claims | null {
  const values = [...pcrs].map(([bank, held]) => PcrValues.asGivenByCaller(bank, held))
  const logs = { eventLog: bytesOf(file), imaLog: null, userspaceLog: null }
  const log = VerifiedEventLog.verify(logs, values, 'pc-client')
  return log instanceof VerifiedEventLog ? claimsOf(log) : null
}

/** A confidential VM's log: read as an area of memory. Its registers are no PCRs, so it is listed only. */
export function confidentialLog({ file }: Entry): Row[] {
  const got = appraise(file, new Map(), 'pc-client', 'acpi')
  const log = decoded(file, 'acpi')
  return [row(file, 'is read (acpi)', log === null ? 'malformed' : told(got), log !== null)]
}

/** A log somebody changed, as the file beside it says it must end, by both profiles. */
export function derivedLog({ file }: Entry): Row[] {
  const name = file.replace(/^.*\//, '').replace(/\.bin$/, '')
  const about = textOf(file.replace(/[^/]*$/, `expected/${name}.json`))
  if (about === null) return []
  const { expect, quotedPcrs } = JSON.parse(about)
  const pcrs = pcrsOf(quotedPcrs)
  return (['pc-client', 'strict'] as const).map((profile) => {
    const got = appraise(file, pcrs, profile)
    return row(file, `${expect} (${profile})`, told(got), isAs(expect, got, profile))
  })
}

/** `reject`, `accept-as-off-or-flag` …: what must be so, in words with dashes. */
function isAs(expect: string, got: EventLogAppraisal, profile: Profile): boolean {
  const refused = got.verified === false
  if (expect === 'reject') return refused
  // Where nothing is tolerated more may be refused, but for what is expected to be accepted.
  if (refused) return expect.includes('reject') || (profile === 'strict' && expect !== 'accept')
  if (expect.includes('as-off') && got.secureBoot === 'on') return false
  return !expect.endsWith('flag') || got.findings.length > 0
}

function appraise(file: string, pcrs: Pcrs, profile: Profile, padding: Padding = 'none') {
  const logs = { eventLog: bytesOf(file), imaLog: null, userspaceLog: null, padding }
  return appraiseEventLog({ ...logs, pcrs, profile })
}

function decoded(file: string, padding: Padding): EventLog | null {
  try {
    return decodeEventLog(bytesOf(file), { formats: ['crypto-agile', 'tcg-1.2'], padding })
  } catch (e) {
    if (e instanceof MalformedError) return null
    throw e
  }
}

function isWhole({ events }: EventLog): boolean {
  const separated = events.filter(({ eventType }) => eventType === EV.SEPARATOR)
  const pcrs = new Set(separated.map(({ pcrIndex }) => pcrIndex))
  return [0, 1, 2, 3, 4, 5, 6, 7].every((pcr) => pcrs.has(pcr))
}

/** What a TPM that was extended by this log and nothing else would hold. */
function replayed(log: EventLog): Pcrs {
  const banks = log.algorithms.filter((bank): bank is HashName => bank in DIGEST_SIZE)
  return new Map(
    banks.map((bank) => {
      const values = [...replay(log, bank).pcrs].map(([pcr, { value }]) => [pcr, value] as const)
      return [bank, new Map(values)]
    }),
  )
}

function pcrsOf(given: Record<string, Record<string, string>>): Pcrs {
  return new Map(
    Object.entries(given).map(([bank, values]) => [
      bank as HashName,
      new Map(Object.entries(values).map(([pcr, hex]) => [Number(pcr), fromHex(hex)])),
    ]),
  )
}

function told(got: EventLogAppraisal): string {
  const ids = [...new Set(got.findings.map(({ id }) => id))].join(' ')
  if (got.malformed) return 'malformed'
  const words = got.verified === null ? 'read' : got.verified ? 'accepted' : 'refused'
  return `${words}, Secure Boot ${got.secureBoot} ${ids}`.trimEnd()
}

function row(file: string, expected: string, got: string, right: boolean): Row {
  return { file, expected, got, right }
}
