import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, encode, toHex, toUtf8 } from '@trusted-launch/codec'
import { Certificate, digest } from '@trusted-launch/crypto'
import { type Bank, buildEventLog, encodeEventLog, extend, replay } from '@trusted-launch/eventlog'
import { certificateList, SignatureDatabase, VARIABLES } from '@trusted-launch/uefi'
import {
  appraiseEventLog,
  appraiseEvidence,
  encodeCanonical,
  encodeRecord,
  encodeReferenceValues,
  type Json,
  learnChange,
  learnReferences,
  parseReferenceValues,
  signTokensWith,
} from '../src/index.ts'
import { signaturesOf } from '../src/reference-bounds.ts'
import { isVariable, withStep } from './appraised.ts'
import { anchor, issue, quoteOf } from './attester.ts'
import {
  authority,
  banks,
  cleanBoot,
  configured,
  evidenceOf,
  referencesOf,
  type Step,
  step,
} from './boot.ts'
import { signingKey } from './issuer.ts'
import { windowsPart } from './windows.ts'

/** Half of a character of two UTF-16 units, as UEFI writes it down. */
const half = Uint8Array.of(0x00, 0xd8)
/** Steps of data that is measured, for all of which what is measured is the data or its digest. */
const again = ({ pcrIndex, eventType, component, description }: Step, data: Uint8Array) =>
  step(pcrIndex, eventType, data, data, { component, description })

/** Logs of these steps and the registers that they give, by nobody's signature. */
function given(steps: readonly Step[]) {
  const log = buildEventLog(banks as Bank[], steps)
  const values = [...replay(log, 'sha256').pcrs].map(([pcr, { value }]) => [pcr, value] as const)
  const pcrs = new Map([['sha256' as const, new Map(values)]])
  return { eventLog: encodeEventLog(log), imaLog: null, userspaceLog: null, pcrs }
}

/** All that is said of a log, as it is signed. */
function write(steps: readonly Step[], profile: 'strict' | 'pc-client'): void {
  const { findings, claims } = appraiseEventLog({ ...given(steps), profile })
  encodeCanonical({ findings, claims } as unknown as Json)
}

test('half a character anywhere in an event is data like any other: what is said of it can be written', () => {
  const boot = [...cleanBoot(), ...windowsPart()]
  const placesMax = 6
  let tried = 0
  for (const [i, one] of boot.entries()) {
    const { data } = one
    const stride = Math.max(1, Math.floor(data.length / placesMax))
    for (let at = 0; at + 2 <= data.length; at += stride) {
      const changed = concat(data.subarray(0, at), half, data.subarray(at + 2))
      write(
        [...boot.slice(0, i), again(one, changed), ...boot.slice(i + 1)],
        tried++ % 2 === 0 ? 'strict' : 'pc-client',
      )
    }
  }
  assert.ok(tried > 200, `${tried} places`)
})

/** A certificate with this text where its subject's is, by its tag: nobody signed it. */
function certificateCalled(tag: number, content: Uint8Array): Uint8Array {
  const placeholder = 'N'.repeat(content.length)
  const made = issue({
    subject: [{ oid: '2.5.4.3', value: placeholder }],
    publicKey: anchor.publicKey,
    extensions: [],
  }).der.slice()
  const at = Buffer.from(made).indexOf(placeholder)
  made.set(content, at)
  // The tag stands before a length of one byte, or of three.
  made[at - (content.length < 128 ? 2 : content.length < 256 ? 3 : 4)] = tag
  return made
}

const grin = '\u{1f600}'
const names: Record<string, Uint8Array> = {
  'half a character in a BMPString': certificateCalled(0x1e, Uint8Array.of(0xd8, 0)),
  'the other half in a BMPString': certificateCalled(0x1e, Uint8Array.of(0, 0x61, 0xdc, 0)),
  'a name that ends within a character': certificateCalled(0x0c, toUtf8(`a${grin.repeat(200)}`)),
}
const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'
const database = (...ders: Uint8Array[]) =>
  encode(
    SignatureDatabase,
    ders.map((der) => certificateList(owner, der)),
  )

for (const [title, der] of Object.entries(names))
  test(`a certificate's name may be ${title}: verdict, change and reference values can be written`, () => {
    assert.ok(Certificate.decode(der).subject.isWellFormed())
    const db = database(anchor.der, der)
    const signer = concat(db.subarray(28, 44), der)
    const steps = withStep(isVariable('MokListRT'), authority(VARIABLES.MokListRT, signer)).map(
      (one) =>
        isVariable('db')(one) && one.data.length > 500 ? configured(VARIABLES.db, db) : one,
    )
    for (const profile of ['strict', 'pc-client'] as const) write(steps, profile)
    written(steps, { akCertificate: der })
  })

test('of names that come together a part is written, and it ends between characters', () => {
  for (const first of ['', 'a']) {
    const unit = { oid: '2.5.4.11', value: `${first}${grin.repeat(125)}` }
    const subject = [
      unit,
      ...Array.from({ length: 7 }, () => ({ ...unit, value: grin.repeat(125) })),
    ]
    const { der } = issue({ subject, publicKey: anchor.publicKey, extensions: [] })
    const signatures = signaturesOf(database(der))!
    assert.equal(signatures[0]!.name!.length, 1024)
    encodeCanonical(signatures as unknown as Json)
  }
})

/** The verdict, the change that is learnt, and what is learnt of the whole boot. */
function written(steps: readonly Step[], evidence: { akCertificate?: Uint8Array } = {}): void {
  const key = signingKey()
  const issuer = {
    issuer: 'https://localhost',
    audience: null,
    lifetimeSeconds: 60,
    key: key.publicKey,
  }
  for (const more of [evidence, {}]) {
    const input = evidenceOf(steps, { evidence: more, references: referencesOf(cleanBoot()) })
    encodeRecord(input, appraiseEvidence(input), issuer, signTokensWith(key))
    const change = learnChange(input, 'boot')
    if (change !== null) encodeCanonical(change as unknown as Json)
  }
  const learnt = learnReferences(
    { ...given(steps), profile: 'strict' },
    { name: 'boot', log: 'log' },
  )
  if ('approval' in learnt) encodeReferenceValues({ version: 2, variants: [learnt] })
}

test('an authority called by half a character is told, and the record is written', () => {
  const called = { ...VARIABLES.MokListRT, name: '\ud800\u001b[31m' }
  const steps = withStep(isVariable('MokListRT'), authority(called, toUtf8('x')))
  written(steps)
  const { findings } = appraiseEvidence(evidenceOf(steps))
  const [foreign] = findings.filter(({ id }) => id === 'secure-boot.authority.foreign')
  assert.match(foreign!.summary, /^[ -~]+$/)
})

test('text that userspace measured is whole characters, or its log is refused', () => {
  const input = evidenceOf(cleanBoot())
  const measured = toUtf8('\ufffd')
  const digests = (['sha256', 'sha384'] as const).map((hashAlg) => ({
    ...{ hashAlg, digest: toHex(digest(hashAlg, measured)) },
  }))
  const record = { pcr: 11, digests, content: { string: '\ud800', eventType: 'phase' } }
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map((pcr) => [pcr.index, pcr.digest]))
    return quoteOf(bank, values.set(11, extend(bank, values.get(11)!, digest(bank, measured))))
  })
  const userspaceLog = toUtf8(`\x1e${JSON.stringify(record)}\n`)
  const { result } = appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, quotes, userspaceLog },
  })
  encodeCanonical(result as unknown as Json)
  assert.deepEqual(
    result.findings.map(({ id }) => id),
    ['userspace-log.malformed'],
  )
})

test('reference values with half a character in a name are refused', () => {
  const [variant] = referencesOf(cleanBoot()).variants
  const references = { version: 2, variants: [{ ...variant, name: '\ud800' }] }
  assert.throws(() => parseReferenceValues(toUtf8(JSON.stringify(references))), {
    code: 'MALFORMED',
    reason: 'half a character',
  })
})
