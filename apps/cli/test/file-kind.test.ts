import assert from 'node:assert/strict'
import test from 'node:test'
import { fromLatin1 } from '@trusted-launch/codec'
import { otherKind } from '../src/file-kind.ts'

const digest = '\x05'.repeat(20)

// as tpm2-tools 5, Linux and this program write them: how each begins
const starts: readonly [start: string, words: RegExp, what: string][] = [
  ['\xffTCG\x80\x18\0\x22\0\x0b', /a quote/, 'a quote'],
  ['\0\x91\xffTCG\x80\x18', /a quote/, 'a quote'],
  ['\0\x14\0\x0b\x01\0', /a signature/, 'a signature of this key'],
  ['\0\x18\0\x0b\0\x20', /a signature/, 'a signature of this key'],
  ['\0\x01\0\x0b\0\x05\0\x72', /public key/, 'an attestation key'],
  ['\x01\x18\0\x23\0\x0b\0\x05\0\x72', /public key/, 'an attestation key'],
  ['-----BEGIN CERTIFICATE-----\n', /in PEM/, 'a certificate in PEM or DER'],
  ['\x30\x82\x02\x11', /in DER/, 'an attestation key'],
  ['  sha256:\n    0 : 0x00', /PCR values/, 'a file of PCR values'],
  ['{"alg":"sha256","pcrs":{', /PCR values/, 'a file of PCR values'],
  ['{ "sha1" : {"0":"', /PCR values/, 'a file of PCR values'],
  ['\x1f\x8b\x08', /compressed/, 'a kernel module'],
  ['\x01\0\0\0\x0b\0\x03\xff\x7f\0', /PCR values/, 'a file of PCR values'],
  [`${'\0'.repeat(32)}Spec ID Event03\0`, /event log/, 'an event log'],
  [`\x0a\0\0\0${digest}\x06\0\0\0ima-ng`, /IMA list/, 'an IMA list'],
  ['\x1e{"pcr":11', /userspace log/, 'a userspace log'],
  ['{"record":{"version":1', /appraisal record/, 'an appraisal record'],
  ['{\n  "version": 2,\n  "variants": [', /reference values/, 'reference values'],
  ['{ "version": 2, "id": "x", "rules": {', /a policy/, 'a policy'],
  ['{"keys":[', /Key Set/, 'a JSON Web Key Set'],
]

test('a file that was given as something else is known by how it begins', () => {
  for (const [start, words, what] of starts) {
    assert.match(otherKind(fromLatin1(start), 'a disk') ?? 'nothing', words, start)
    assert.equal(otherKind(fromLatin1(start), what), null, `${start} as ${what}`)
  }
})

test('of a file that is never wanted, the one that is wanted is named', () => {
  const told = (start: string) => otherKind(fromLatin1(start), 'an event log') ?? 'nothing'
  assert.match(told('\xba\xdc\xc0\xde\0\0\0\x01'), /tpm2_readpublic -c FILE -o ak\.pub$/)
  assert.match(told('CCEL\x38\0\0\0'), /\/sys\/firmware\/acpi\/tables\/data\/CCEL/)
  assert.match(told('---\nversion: 1\nevents:\n- EventNum: 0'), /binary_bios_measurements/)
  assert.match(told('00000000: 0000 0000 0300 0000 0000  '), /xxd -r/)
  assert.match(told('0000000 0000 0000 0003 0000 0000'), /xxd -r/)
  assert.match(told(`${'AAAAAAMAAAAA'.repeat(6)}AAAA\nAAAA`), /base64 -d/)
  for (const start of ['\x28\xb5\x2f\xfd', '\xfd7zXZ\0', 'BZh91AY'])
    assert.match(told(start), /unpack it/)
  assert.match(told(`10 ${'6f'.repeat(20)} ima-ng sha256:`), /binary_runtime_measurements/)
})

test('nothing is said of a file that is not known', () => {
  for (const start of ['', 'some words', '\0\0\0\0\x08\0\0\0', '{"a":1}'])
    assert.equal(otherKind(fromLatin1(start), 'a quote'), null)
})
