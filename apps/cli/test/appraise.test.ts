import assert from 'node:assert/strict'
import test from 'node:test'
import {
  appraiseEvidence,
  formatCanonical,
  formatResult,
  type Json,
} from '@trusted-launch/attestation'
import { newAuthority, newKey, pemOf, recordedInput, recordOf } from './a-record.ts'
import { fileOf, tl } from './a-run.ts'

const authority = newAuthority('an authority')
const signer = newKey()
const input = recordedInput(authority)
const record = recordOf(input, signer)
const key = fileOf('signer.pem', pemOf('PUBLIC KEY', signer.publicKey.spki))
const anchor = fileOf('ca.pem', pemOf('CERTIFICATE', authority.certificate.der))
const trusted = ['--key', key, '--anchor', anchor]
const tier = appraiseEvidence(input).result.tier
const codeOfTier = { affirming: 0, none: 1, contraindicated: 3, warning: 4 }[tier]

test('a stored verdict is made again, the same', async () => {
  const file = fileOf('record.json', record)
  const { code, out, err } = await tl('appraise', file, ...trusted, '--json')
  assert.equal(err, '')
  assert.equal(code, codeOfTier)
  const { result } = appraiseEvidence(input)
  const { token } = JSON.parse(new TextDecoder().decode(record))
  const view = { ...result, token } as unknown as Json
  assert.equal(out, `${formatCanonical(view)}\n`)
  const text = await tl('appraise', file, ...trusted)
  assert.equal(text.code, codeOfTier)
  assert.match(text.out, new RegExp(`${tier}\\n$`))
})

test('a record may follow the options: each takes one value', async () => {
  const { code } = await tl('appraise', ...trusted, fileOf('record.json', record))
  assert.equal(code, codeOfTier)
})

test('of evidence from another VM no authority is told of: its certificate was never looked at', async () => {
  const akName = Uint8Array.from(input.expectation.akName!, (byte) => byte ^ 1)
  const another = { ...input, expectation: { ...input.expectation, akName } }
  const file = fileOf('record.json', recordOf(another, signer))
  const { code, out, err } = await tl('appraise', file, ...trusted)
  assert.deepEqual([code, err], [3, ''])
  assert.doesNotMatch(out, /authority|what ran/)
  assert.match(out, /\ncontraindicated\n$/)
})

test('the recorded boot is no worse than a warning: it only lacks reference values', () => {
  assert.equal(tier, 'warning', formatResult(appraiseEvidence(input)))
})

test('one byte changed anywhere is refused with the reason, signed or --inner', async () => {
  for (let at = 0; at < record.length; at += 701) {
    const changed = record.slice()
    changed[at] = changed[at]! ^ 1
    const file = fileOf('record.json', changed)
    for (const how of [trusted, ['--inner', '--anchor', anchor]]) {
      const { code, out, err } = await tl('appraise', file, ...how)
      assert.ok(code === 1 || code === 5, `byte ${at}: ${code}`)
      assert.equal(out, '')
      assert.match(err, /^tl: (warning|refused): /)
    }
  }
})

test('another signer is refused, and --inner says that nobody vouches', async () => {
  const file = fileOf('record.json', record)
  const stranger = fileOf('key.pem', pemOf('PUBLIC KEY', newKey().publicKey.spki))
  const refused = await tl('appraise', file, '--key', stranger, '--anchor', anchor)
  assert.equal(refused.code, 1)
  assert.match(
    refused.err,
    /record\.json: the token is not signed by the trusted key; .*--key FILE/,
  )
  const inner = await tl('appraise', file, '--inner', '--anchor', anchor)
  assert.equal(inner.code, codeOfTier)
  assert.match(inner.err, /nobody vouches/)
})

test('an anchor that only the record names is a warning, and never 0', async () => {
  const other = fileOf('ca.pem', pemOf('CERTIFICATE', newAuthority('another').certificate.der))
  const file = fileOf('record.json', record)
  for (const how of [['--key', key], ['--inner']]) {
    const { code, out, err } = await tl('appraise', file, ...how, '--anchor', other)
    assert.equal(code, 4)
    assert.match(err, /not trusted here/)
    assert.match(out, /but by an authority that is not trusted here \(--anchor\)\n$/)
    const { out: json } = await tl('appraise', file, ...how, '--anchor', other, '--json')
    const { anchorKnown, conclusion } = JSON.parse(json)
    assert.deepEqual([anchorKnown, conclusion], [false, 'warning'])
  }
})

test('what is no record is malformed: 5; a wrong key file or both --key and --inner: 2', async () => {
  assert.equal((await tl('appraise', fileOf('record.json', '{}'), ...trusted)).code, 5)
  assert.equal(
    (await tl('appraise', fileOf('record.json', ''), '--inner', '--anchor', anchor)).code,
    5,
  )
  const file = fileOf('record.json', record)
  assert.equal((await tl('appraise', file, '--key', anchor.replace('ca.pem', 'nowhere'))).code, 1)
  assert.equal((await tl('appraise', file, '--key', fileOf('key.pem', 'hello'))).code, 2)
  assert.equal((await tl('appraise', file, ...trusted, '--inner')).code, 2)
  assert.equal((await tl('appraise', file, '--key', key, '--anchor', key)).code, 2)
})

test('a file that is not there, or plainly no record, is told before a key is asked for', async () => {
  const none = await tl('appraise', '/nowhere.json')
  assert.deepEqual(
    [none.code, none.err],
    [1, 'tl: cannot read /nowhere.json: there is no such file\n'],
  )
  const quote = await tl('appraise', fileOf('quote.msg', Uint8Array.of(0xff, 0x54, 0x43, 0x47)))
  assert.equal(quote.code, 5)
  assert.match(quote.err, /not an appraisal record: it looks like a quote/)
})

test('a record in another form of JSON is refused as such', async () => {
  const text = new TextDecoder().decode(record)
  for (const form of [`${text}\n`, JSON.stringify(JSON.parse(text), null, 2)]) {
    const { code, err } = await tl('appraise', fileOf('record.json', form), ...trusted)
    assert.equal(code, 5)
    assert.match(err, /record\.json: not canonical JSON \(RFC 8785\)/)
  }
  const { err } = await tl('appraise', fileOf('record.json', '{}\n'), ...trusted)
  assert.match(err, /record\.json: not an appraisal record/)
})

test('a key or an anchor that is no text is wrong usage: 2', async () => {
  const [file, rubbish] = [fileOf('record.json', record), fileOf('x.pem', Uint8Array.of(255, 0))]
  assert.equal((await tl('appraise', file, '--key', rubbish)).code, 2)
  assert.equal((await tl('appraise', file, '--key', key, '--anchor', rubbish)).code, 2)
})

test('a refusal is a JSON document too', async () => {
  const { out } = await tl('appraise', fileOf('record.json', '{}'), ...trusted, '--json')
  const { tier, token, claims, findings, fault, result } = JSON.parse(out)
  assert.deepEqual([tier, token, claims, result], ['none', null, {}, null])
  assert.deepEqual([fault, findings[0].id], ['record-malformed', 'record.malformed'])
})
