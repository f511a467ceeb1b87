import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { fromUtf8 } from '@trusted-launch/codec'
import { newAuthority, newKey, pemOf } from './a-record.ts'
import { fileOf, tl, tlOf } from './a-run.ts'

const corpus = process.env.EVIDENCE_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus')
const skip = existsSync(join(corpus, 'own-evidence'))
  ? false
  : `no evidence corpus at ${corpus} (set EVIDENCE_CORPUS)`

type Kind = 'rsa' | 'ecc'
type Files = Record<string, string>

const files = (kind: Kind, change: Files = {}): Files => {
  const own = (name: string) => join(corpus, 'own-evidence', kind, name)
  return {
    quote: own('quote.msg'),
    signature: own('quote.sig'),
    ak: own('ak.tpmt'),
    pcrs: own('quote.pcrs'),
    'event-log': own('eventlog.bin'),
    nonce: skip === false ? readFileSync(own('nonce.hex'), 'utf8').trim() : '',
    ...change,
  }
}

async function appraised(given: Files, ...more: string[]) {
  const args = Object.entries(given).flatMap(([name, value]) =>
    value.split(' ').flatMap((one) => [`--${name}`, one]),
  )
  const { code, out, err } = await tl('appraise', ...args, ...more, '--json')
  const document = JSON.parse(out)
  for (const key of ['tier', 'token', 'claims', 'findings']) assert.ok(key in document, key)
  return { code, err, ...document, ids: document.findings.map(({ id }: { id: string }) => id) }
}

const refused = async (given: Files, what: string, ...more: string[]) => {
  const { code, tier, findings } = await appraised(given, ...more)
  assert.ok(code === 3 || code === 5, `${what}: ${code}`)
  assert.equal(tier, code === 3 ? 'contraindicated' : 'none', what)
  assert.ok(findings.length > 0, what)
}

for (const kind of ['rsa', 'ecc'] as const) {
  const own = (name: string) => join(corpus, 'own-evidence', kind, name)
  const ca = ['--ca', own('ca.crt')]
  test(`${kind} evidence is genuine with the key in every form: only reference values are missing, 4`, {
    skip,
  }, async () => {
    const keys = ['ak.tpmt', 'ak.tpm2b', 'ak.pub.pem', 'ak.crt'].map((name) => [own(name)])
    const certified = [
      [own('ak.crt'), ...ca],
      [`${own('ak.tpmt')} ${own('ak.crt')}`, ...ca],
    ]
    for (const [ak, ...more] of [...keys, ...certified])
      for (const pcrs of ['quote.pcrs', 'pcrs.json'].map(own))
        for (const profile of ['strict', 'pc-client']) {
          const given = files(kind, { ak: ak!, pcrs, profile })
          const { code, tier, token, findings, claims } = await appraised(given, ...more)
          assert.deepEqual([code, tier, token], [4, 'warning', null], `${ak} ${profile}`)
          for (const { id, severity } of findings)
            assert.ok(severity === 'info' || id.startsWith('reference-values.'), id)
          assert.deepEqual(
            [claims['secure-boot'].value, claims['secure-boot'].verified],
            [true, true],
          )
        }
  })

  test(`${kind} evidence is affirmed once its reference values are approved, and no sooner`, {
    skip,
  }, async () => {
    const references = fileOf('references.json', '')
    const learnt = ['--pcrs', own('quote.pcrs'), '--out', references]
    const { code } = await tl('reference-values', 'from-log', own('eventlog.bin'), ...learnt)
    assert.equal(code, 0)
    const given = files(kind, { references, ak: own('ak.crt') })
    const before = await appraised(given, ...ca)
    assert.deepEqual([before.code, before.ids[0]], [4, 'reference-values.not-approved'])
    const why = ['--by', 'a test', '--why', 'it is genuine']
    assert.equal((await tl('reference-values', 'approve', references, ...why)).code, 0)
    const after = await appraised(given, ...ca)
    assert.deepEqual([after.code, after.tier], [0, 'affirming'])
    const stranger = fileOf('ak.pem', pemOf('PUBLIC KEY', newKey().publicKey.spki))
    await refused(files(kind, { references, ak: stranger }), 'another key')
  })

  test(`${kind} evidence is refused with any one part of other evidence, or none`, {
    skip,
  }, async () => {
    const other = files(kind === 'rsa' ? 'ecc' : 'rsa')
    for (const part of ['quote', 'signature', 'ak'])
      await refused(files(kind, { [part]: other[part]! }), part)
    await refused(files(kind, { nonce: '00'.repeat(32) }), 'nonce')
    await refused(files(kind, { 'event-log': fileOf('none', '') }), 'no log')
    const { certificate } = newAuthority('a stranger')
    const stranger = fileOf('ca.pem', pemOf('CERTIFICATE', certificate.der))
    await refused(files(kind, { ak: own('ak.crt') }), 'authority', '--ca', stranger)
    await refused(files(kind), 'a key without its certificate', ...ca)
  })

  test(`one byte changed in the ${kind} quote, signature or certificate is refused`, {
    skip,
  }, async () => {
    for (const [name, path] of [
      ['quote', own('quote.msg')],
      ['signature', own('quote.sig')],
      ['ak', own('ak.crt')],
    ] as const) {
      const bytes = Uint8Array.from(readFileSync(path))
      const start = name === 'ak' ? fromUtf8(bytes).indexOf('\n') + 1 : 0
      const end = name === 'ak' ? fromUtf8(bytes).indexOf('\n-----END') : bytes.length
      for (let at = start; at < end; at++) {
        if (bytes[at] === 10) continue
        const changed = fileOf(name, bytes.with(at, bytes[at]! ^ 1))
        await refused(files(kind, { ak: own('ak.crt'), [name]: changed }), `${name} ${at}`, ...ca)
      }
    }
  })
}

test('one byte changed in the PCR values is refused, or is one that no value is made of', {
  skip,
}, async () => {
  const { pcrs } = files('rsa')
  const bytes = Uint8Array.from(readFileSync(pcrs!))
  // tss2_tpm2_types.h: counts and slots of fixed size, whether used or not
  const lists = 4 + 16 * 8 + 4
  const isUsed = (at: number) => {
    if (at < lists) return at < 4 + 8 - 1 || at >= lists - 4
    const inList = (at - lists) % (4 + 8 * 66)
    return inList < 4 || (inList - 4) % 66 < 2 + 32
  }
  for (let at = 0; at < bytes.length; at += 3) {
    const changed = fileOf('pcrs', bytes.with(at, bytes[at]! ^ 1))
    const { code } = await appraised(files('rsa', { pcrs: changed }))
    if (!isUsed(at)) assert.equal(code, 4, `byte ${at}`)
    // of four bytes of selection only as many count as it says
    else if (at !== 10) assert.ok(code === 3 || code === 5, `byte ${at}: ${code}`)
  }
})

test('malformed parts are named, with what is wrong with them: tier none, 5', {
  skip,
}, async () => {
  const rubbish = fileOf('rubbish', 'some bytes that are nothing')
  const cases = {
    quote: 'quote.malformed',
    signature: 'quote.malformed',
    ak: 'attestation-key.malformed',
    pcrs: 'pcrs.malformed',
    'event-log': 'eventlog.malformed',
    ima: 'ima.malformed',
    'userspace-log': 'userspace-log.malformed',
    references: 'reference-values.malformed',
    policy: 'policy.malformed',
    ca: 'anchor.malformed',
  }
  for (const [part, id] of Object.entries(cases)) {
    const { code, tier, ids, err, findings } = await appraised(files('rsa', { [part]: rubbish }))
    assert.deepEqual([code, tier, ids[0]], [5, 'none', id], part)
    assert.notEqual(err, '')
    const named = !['event-log', 'ima', 'userspace-log'].includes(part)
    if (named) assert.ok(findings[0].summary.includes(rubbish), findings[0].summary)
  }
  const odd = '{"toString":0,"valueOf":0}'
  const json = {
    pcrs: `{"alg":${odd},"pcrs":{"0":"00"}}`,
    'userspace-log': `\x1e{"pcr":11,"digests":[{"hashAlg":${odd},"digest":""}]}\n`,
  }
  for (const [part, text] of Object.entries(json)) {
    const { code, tier, ids } = await appraised(files('rsa', { [part]: fileOf(part, text) }))
    assert.deepEqual([code, tier, ids[0]], [5, 'none', `${part}.malformed`])
  }
  const none = await appraised(files('rsa', { quote: '/nowhere' }))
  assert.deepEqual([none.code, none.tier, none.ids], [1, 'none', ['input.unreadable']])
})

test('files that are given for one another are told apart, and none of them is blamed on the VM', {
  skip,
}, async () => {
  const { quote, signature, ak, pcrs, 'event-log': log } = files('rsa')
  const text = fileOf(
    'ascii',
    `10 ${'6f'.repeat(20)} ima-ng sha256:${'00'.repeat(32)} boot_aggregate\n`,
  )
  const cases = [
    ['quote', signature, 'not a quote: it looks like a signature'],
    ['signature', pcrs, 'not a signature of this key: it looks like PCR values'],
    ['ak', quote, 'not an attestation key: it looks like a quote'],
    ['pcrs', log, 'not a file of PCR values: it looks like a firmware event log'],
    ['event-log', ak, "not an event log: it looks like a TPM's public key"],
    ['ima', text, "not an IMA list: it looks like the kernel's IMA list as text"],
  ] as const
  for (const [part, file, words] of cases) {
    const { code, findings } = await appraised(files('rsa', { [part]: file! }))
    assert.equal(code, 5, part)
    assert.ok(findings[0].summary.startsWith(`${file}: ${words}`), findings[0].summary)
    if (['event-log', 'ima'].includes(part))
      assert.match(findings[0].advice, /^Give the file as the tool that makes it writes it/)
  }
})

test('what is missing or does not go together is wrong usage: 2, and a document all the same', {
  skip,
}, async () => {
  const { quote, ...without } = files('rsa')
  const missing = await appraised(without)
  assert.deepEqual([missing.code, missing.ids], [2, ['input.usage']])
  assert.match(missing.err, /these are needed too: --quote$/m)
  for (const [name, value] of [
    ['nonce', 'xyz'],
    ['time', 'yesterday'],
  ] as const) {
    const { code, err } = await appraised(files('rsa', { [name]: value }))
    assert.equal(code, 2, name)
    assert.match(err, new RegExp(`--${name}: not `))
  }
  for (const option of [['--inner'], ['--key', 'k.pem'], ['--anchor', 'a.pem']]) {
    const { code, err } = await appraised(files('rsa'), ...option)
    assert.equal(code, 2)
    assert.match(err, new RegExp(`${option[0]}: of a record, not of a quote`))
  }
  const { code, ids } = await appraised(files('rsa', { nonce: '' }))
  assert.deepEqual([code, ids], [3, ['question.nonce']], 'no nonce at all is a verdict')
  const both = await tl('appraise', 'record.json', '--quote', quote!)
  assert.equal(both.code, 2)
  assert.match(both.err, /record\.json is a record, .*no --quote/)
  assert.equal((await tl('appraise')).code, 2)
  assert.equal((await tl('appraise', 'record.json', '--profile', 'strict')).code, 2)
})

test('a certificate is judged at the time that is given', { skip }, async () => {
  const given = files('rsa', { ak: join(corpus, 'own-evidence/rsa/ak.crt') })
  const ca = ['--ca', join(corpus, 'own-evidence/rsa/ca.crt')]
  const late = await appraised(given, ...ca, '--time', '2039-01-01T00:00:00Z')
  assert.deepEqual([late.code, late.ids], [3, ['attestation-key.certificate.untrusted']])
  assert.equal(late.time, '2039-01-01T00:00:00.000Z')
})

test('the same in text, at any width: findings, and the tier last', { skip }, async () => {
  const args = Object.entries(files('rsa')).flatMap(([name, value]) => [`--${name}`, value])
  for (const width of [80, 200]) {
    const { code, out } = await tlOf({ width }, 'appraise', ...args)
    assert.equal(code, 4)
    assert.match(out, /^imported evidence, profile pc-client, appraised /)
    assert.match(out, /\nwarning\n$/)
    for (const line of out.split('\n')) assert.ok(line.length <= width, line)
  }
})

test('a key that is not the signer, given in a form without attributes, is refused', {
  skip,
}, async () => {
  const stranger = fileOf('ak.pem', pemOf('PUBLIC KEY', newKey().publicKey.spki))
  await refused(files('ecc', { ak: stranger }), 'stranger')
  const folder = dirname(stranger)
  writeFileSync(join(folder, 'ak.der'), newKey().publicKey.spki)
  await refused(files('ecc', { ak: join(folder, 'ak.der') }), 'stranger in DER')
})

test('a log that is empty is malformed, and how to read it is told', { skip }, async () => {
  const empty = fileOf('empty', '')
  for (const [name, told] of [
    ['event-log', /not an event log: the file is empty: read it with cat, as root/],
    ['ima', /not an IMA list: the file is empty: read it with cat, as root/],
    ['userspace-log', /not a userspace log: the file is empty/],
  ] as const) {
    const { code, tier, err } = await appraised(files('rsa', { [name]: empty }))
    assert.deepEqual([code, tier], [5, 'none'], name)
    assert.match(err, told)
  }
})

test('a signature of a key of another kind is refused, with what to give instead', {
  skip,
}, async () => {
  const signature = files('ecc').signature!
  const { code, findings } = await appraised(files('rsa', { signature }))
  assert.deepEqual([code, findings[0].id], [3, 'quote.algorithm'])
  assert.match(findings[0].advice, /Give the key and the signature that belong to this quote/)
})
