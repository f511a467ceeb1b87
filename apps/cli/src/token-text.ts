import type { Json, TokenClaims } from '@trusted-launch/attestation'
import type { Look } from './output.ts'
import { plain } from './plain-text.ts'
import { tableText } from './table.ts'
import { colored } from './tier-color.ts'

/** What AR4SI's values mean. draft-ietf-rats-ar4si, 2.3.4. */
const words: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'instance-identity': {
    2: 'recognised, and not compromised',
    96: 'recognised, and not trustworthy',
    97: 'not recognised',
  },
  configuration: {
    2: 'known and approved',
    3: 'no known weakness',
    32: 'known weaknesses',
    96: 'unacceptable weaknesses',
  },
  executables: {
    2: 'only approved ones run',
    3: 'only approved ones were started',
    32: 'known weaknesses',
    33: 'some are not recognised',
    96: 'some must not be there',
  },
  'file-system': {
    2: 'only approved files',
    32: 'some are not recognised',
    96: 'some must not be there',
  },
}
const anywhere: Readonly<Record<number, string>> = { 99: 'what should prove it does not hold' }

/** A verified token for people: whose it is, how long it holds, what it says, and the tier last. */
export function textOfToken(claims: TokenClaims, look: Look): string {
  const { iss, sub, aud, nbf, exp, evidenceTime, ear_status } = claims
  const whom = aud === undefined ? 'nobody in particular' : shown(aud)
  const lines = [
    `token of ${plain(iss)} for ${whom} about VM ${plain(sub)}`,
    `holds from ${dateOf(nbf)} until ${dateOf(exp)}; evidence of ${evidenceTime}`,
    `policy ${shown(claims.policyId)} ${shown(claims.policySha256)}`,
    boundText(claims),
    '',
    submodulesText(claims.submods, look),
    claimsText(claims.claims, look),
    ...findingsOf(claims),
  ]
  return `${lines.join('\n')}${colored(ear_status, ear_status, look)}\n`
}

function boundText({ cnf, eat_nonce }: TokenClaims): string {
  const nonce = eat_nonce === undefined ? 'no nonce' : `the nonce ${shown(eat_nonce)}`
  const key = cnf === undefined ? 'no key' : `the key ${shown((cnf as Members).jwk)}`
  return `a fresh quote covers ${nonce} and ${key}`
}

type Members = Readonly<Record<string, Json | undefined>>

function submodulesText(submods: Json | undefined, { width }: Look): string {
  const rows = entriesOf(submods).flatMap(([name, appraisal]) => {
    const { ear_status, ear_trustworthiness_vector: vector } = (appraisal ?? {}) as Members
    return entriesOf(vector)
      .filter(([, value]) => value !== 0)
      .map(([claim, value]) => [
        plain(name),
        shown(ear_status),
        plain(claim),
        meaning(claim, value),
      ])
  })
  return tableText(['part', 'verdict', 'claim', 'meaning'], rows, width)
}

function meaning(claim: string, value: Json | undefined): string {
  const known = typeof value === 'number' && Object.hasOwn(words, claim) ? words[claim]! : {}
  const text = known[value as number] ?? anywhere[value as number]
  return text === undefined ? shown(value) : `${text} (${value})`
}

function claimsText(claims: Json | undefined, { width }: Look): string {
  const rows = entriesOf(claims).map(([name, claim]) => {
    const { value, verified } = (claim ?? {}) as Members
    return [plain(name), shown(value), verified === true ? 'verified' : 'not verified']
  })
  return tableText(['claim', 'value', ''], rows, width)
}

function findingsOf({ findings, findingsTotal }: TokenClaims): string[] {
  const named = Array.isArray(findings) ? (findings as Members[]) : []
  const more = typeof findingsTotal === 'number' ? findingsTotal - named.length : 0
  const lines = named.map(({ id, severity }) => `${shown(severity)}  ${shown(id)}`)
  return [...lines, ...(more > 0 ? [`and ${more} more`] : []), '']
}

function entriesOf(value: Json | undefined): [string, Json | undefined][] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? Object.entries(value) : []
}

function shown(value: Json | undefined): string {
  return plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'))
}

/** Seconds since 1970, as people write it. */
function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
