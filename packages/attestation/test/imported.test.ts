import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import {
  concat,
  decode,
  encode,
  fromLatin1,
  MalformedError,
  toHex,
  toUtf8,
  u16be,
} from '@trusted-launch/codec'
import { digest, extendedKeyUsage, PublicKey } from '@trusted-launch/crypto'
import { MAX_IMA_LIST_SIZE } from '@trusted-launch/eventlog'
import {
  encodePcrSelection,
  MARSHALED_PCRS,
  TPM_ALG,
  TPMS_ATTEST,
  TPMT_PUBLIC,
} from '@trusted-launch/tpm2'
import { appraiseEvidence } from '../src/appraise.ts'
import { approveReferences } from '../src/change-references.ts'
import { FINDINGS, type FindingId, findingOf } from '../src/finding-table.ts'
import { advisedForImport } from '../src/imported/advice.ts'
import { decodeImportedKey, joinImportedKeys } from '../src/imported/attestation-key.ts'
import { type ImportedParts, importEvidence } from '../src/imported/evidence.ts'
import { decodePcrValues } from '../src/imported/pcr-file.ts'
import { decodeImportedQuote, decodeImportedSignature } from '../src/imported/quote.ts'
import { learnReferences } from '../src/learn-references.ts'
import { TRUSTED_LAUNCH_POLICY } from '../src/policy.ts'
import type { ReferenceValues } from '../src/reference-values.ts'
import { verifyTpmSignature } from '../src/verify-signature.ts'
import { idsOf } from './appraised.ts'
import { akCertificate, akPublic, anchor, issue, nonce, signAsAk, time } from './attester.ts'
import { cleanBoot, commandLine, evidenceOf, variantOf } from './boot.ts'

const malformed = (read: () => unknown, reason: RegExp) =>
  assert.throws(read, (e) => e instanceof MalformedError && reason.test(e.message))
const pem = (label: string, der: Uint8Array) =>
  fromLatin1(
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`,
  )

const { evidence } = evidenceOf(cleanBoot())
const quote = evidence.quotes.find(({ bank }) => bank === 'sha256')!
const hex = Object.fromEntries(quote.pcrs.map(({ index, digest }) => [index, toHex(digest)]))
const area = encode(TPMT_PUBLIC, akPublic())
const key = decodeImportedKey(area)

const pcrFiles = {
  'JSON by bank': toUtf8(JSON.stringify({ sha256: hex })),
  'JSON of one bank': toUtf8(JSON.stringify({ alg: 'sha256', pcrs: hex })),
  'what tpm2_pcrread prints': toUtf8(
    `  sha1:\n  sha256:\n${Object.entries(hex)
      .map(([pcr, value]) => `    ${pcr.padEnd(2)}: 0x${value.toUpperCase()}\n`)
      .join('')}`,
  ),
  'what tpm2_quote writes': encode(MARSHALED_PCRS, {
    pcrSelect: [
      encodePcrSelection(
        TPM_ALG.SHA256,
        quote.pcrs.map(({ index }) => index),
      ),
    ],
    pcrValues: [0, 8, 16].map((at) => quote.pcrs.slice(at, at + 8).map(({ digest }) => digest)),
  }),
}

for (const [title, file] of Object.entries(pcrFiles))
  test(`PCR values are read as ${title}`, () => {
    const values = decodePcrValues(file)
    assert.deepEqual([...values.keys()], ['sha256'])
    const read = [...values.get('sha256')!].map(([pcr, value]) => [pcr, toHex(value)])
    assert.deepEqual(Object.fromEntries(read), hex)
  })

test('PCR values in any other form, or of no PCR, are refused', () => {
  const zeros = '00'.repeat(32)
  for (const text of [
    ...['', '{', '{}', '[]', '{"md5":{}}', '{"sha256":[]}', '{"sha256":{"0":1}}', 'hello'],
    ...['{"sha256":{"24":"00"}}', '{"sha256":{"0":"00"}}', '{"alg":"md5","pcrs":{}}'],
    `sha256:\n 0 : 0x${zeros}\n 0 : 0x${zeros}\n`,
    `sha256:\n 0 : 0x${zeros}\nsha256:\n 1 : 0x${zeros}\n`,
    ` 0 : 0x${zeros}\n`,
    // Of banks that are not known here no value can be taken, and nobody else's follows them.
    `sm3_256:\n 0 : 0x${zeros}\n`,
    `sm3_256:\n 0 : 0x${zeros}\nsha256:\n nothing\n`,
  ])
    malformed(() => decodePcrValues(toUtf8(text)), /./)
  malformed(() => decodePcrValues(toUtf8('{"sha256":{"0":"00"}}')), /sha256\.0: 1 bytes, not 32/)
})

test('in JSON a bank or a PCR twice is refused, however it is written', () => {
  const [zeros, ones] = ['00'.repeat(32), '11'.repeat(32)]
  for (const text of [
    `{"sha256":{"0":"${zeros}"},"sha256":{"0":"${ones}"}}`,
    `{"sha256":{"0":"${zeros}","0":"${ones}"}}`,
    `{"sha256":{"0":"${zeros}","\\u0030":"${ones}"}}`,
    `{"alg":"sha256","pcrs":{"0":"${zeros}"},"pcrs":{"0":"${ones}"}}`,
    `{"alg":"sha1","alg":"sha256","pcrs":{"0":"${zeros}"}}`,
  ])
    malformed(() => decodePcrValues(toUtf8(text)), /twice/)
})

test('banks that are not known here are passed over in what tpm2_pcrread prints, their values with them', () => {
  const line = (pcr: number, value: string) => `    ${pcr} : 0x${value}\n`
  const foreign = (name: string, bytes: number) =>
    `  ${name}:\n${line(0, 'AB'.repeat(bytes))}${line(7, 'CD'.repeat(bytes))}`
  const known = `  sha256:\n${line(0, '12'.repeat(32))}`
  for (const bank of [
    foreign('sm3_256', 32),
    foreign('sha3_256', 32),
    foreign('0x28', 48),
    '  sm3_256:\n',
  ])
    for (const text of [bank + known, known + bank, `  sha1:\n${bank}${known}`]) {
      const values = decodePcrValues(toUtf8(text))
      assert.deepEqual([...values.keys()], ['sha256'])
      assert.deepEqual([...values.get('sha256')!], [[0, new Uint8Array(32).fill(0x12)]])
    }
})

test('a key is read in every form, and what came with it is kept', () => {
  const { spki } = key.publicKey
  const forms = {
    TPMT_PUBLIC: area,
    TPM2B_PUBLIC: concat(encode(u16be, area.length), area),
    'PEM key': pem('PUBLIC KEY', spki),
    'DER key': spki,
    'PEM certificate': pem('CERTIFICATE', akCertificate.der),
    'DER certificate': akCertificate.der,
  }
  for (const [title, file] of Object.entries(forms)) {
    const read = decodeImportedKey(file)
    assert.ok(read.publicKey.equals(key.publicKey), title)
    assert.deepEqual(read.area, title.includes('PUBLIC') ? area : null, title)
    assert.equal(read.certificate !== null, title.includes('certificate'), title)
  }
})

test('a private key, two blocks, another kind of key and rubbish are refused', () => {
  const ed25519 = generateKeyPairSync('ed25519')
  const pkcs8 = ed25519.privateKey.export({ format: 'der', type: 'pkcs8' })
  malformed(() => decodeImportedKey(pem('PRIVATE KEY', pkcs8)), /neither PUBLIC KEY nor/)
  const spki = pem('PUBLIC KEY', key.publicKey.spki)
  malformed(() => decodeImportedKey(concat(spki, spki)), /2 PEM blocks/)
  const certificate = pem('CERTIFICATE', akCertificate.der)
  malformed(() => decodeImportedKey(concat(certificate, spki)), /2 PEM blocks/)
  const many = Array.from({ length: 33 }, () => certificate)
  assert.equal(decodeImportedKey(concat(...many)).intermediates.length, 32)
  malformed(() => decodeImportedKey(concat(...many, certificate)), /more than 32 certificates/)
  const foreign = ed25519.publicKey.export({ format: 'der', type: 'spki' })
  malformed(() => decodeImportedKey(pem('PUBLIC KEY', foreign)), /a public key of kind/)
  for (const bytes of [[], [0x30], [0, 1, 2], [0x30, 0x82, 0xff, 0xff, 0]])
    malformed(() => decodeImportedKey(Uint8Array.from(bytes)), /./)
})

test('a public area and a certificate join only when they are of one key', () => {
  const certified = decodeImportedKey(akCertificate.der)
  const joined = joinImportedKeys([key, certified])
  assert.deepEqual([joined.area, joined.certificate], [area, certified.certificate])
  malformed(() => joinImportedKeys([key, key]), /more than one/)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const stranger = decodeImportedKey(Uint8Array.from(other.export({ format: 'der', type: 'spki' })))
  malformed(() => joinImportedKeys([key, stranger]), /different keys/)
})

test('a quote is read bare and behind its size, and comes out as it was signed', () => {
  const { attest } = quote
  assert.deepEqual(decodeImportedQuote(attest), attest)
  assert.deepEqual(decodeImportedQuote(concat(encode(u16be, attest.length), attest)), attest)
  malformed(() => decodeImportedQuote(concat(encode(u16be, attest.length + 1), attest)), /./)
  malformed(() => decodeImportedQuote(attest.subarray(1)), /./)
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const keyOf = ({ publicKey }: typeof rsa) =>
  PublicKey.fromSpki(Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })))
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const plain = {
  RSASSA: [keyOf(rsa), sign('sha256', quote.attest, rsa.privateKey)],
  RSAPSS: [keyOf(rsa), sign('sha256', quote.attest, { key: rsa.privateKey, ...pss })],
  'ECDSA in DER': [keyOf(ec), sign('sha256', quote.attest, ec.privateKey)],
  'ECDSA as two numbers': [
    keyOf(ec),
    sign('sha256', quote.attest, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
  ],
} as const

for (const [title, [publicKey, signature]] of Object.entries(plain))
  test(`a plain ${title} signature holds, and no other byte in its place does`, () => {
    const bytes = Uint8Array.from(signature)
    const read = decodeImportedSignature(bytes, publicKey, quote.attest)
    assert.deepEqual(verifyTpmSignature(publicKey, quote.attest, read), { hash: 'sha256' })
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, bytes[at]! ^ 1)
      try {
        const wrong = decodeImportedSignature(changed, publicKey, quote.attest)
        assert.equal(verifyTpmSignature(publicKey, quote.attest, wrong), 'signature', `byte ${at}`)
      } catch (e) {
        assert.ok(e instanceof MalformedError, `byte ${at}`)
      }
    }
  })

test('a plain signature of a length that the key does not have is refused', () => {
  malformed(() => decodeImportedSignature(new Uint8Array(255), keyOf(rsa), quote.attest), /255 by/)
  malformed(() => decodeImportedSignature(new Uint8Array(95), keyOf(ec), quote.attest), /./)
})

const parts: ImportedParts = {
  attest: quote.attest,
  signature: quote.signature,
  key,
  nonce,
  pcrs: decodePcrValues(pcrFiles['JSON by bank']),
  eventLog: evidence.eventLog!,
  imaLog: evidence.imaLog,
  userspaceLog: evidence.userspaceLog,
  anchors: [],
  profile: 'pc-client',
}

function appraised(changes: Partial<ImportedParts> = {}) {
  const policy = TRUSTED_LAUNCH_POLICY
  const imported = importEvidence({ ...parts, ...changes })
  return appraiseEvidence({ ...imported, references: null, policy, time })
}
const ids = (changes: Partial<ImportedParts> = {}) => idsOf(appraised(changes))

test('imported evidence is genuine: only reference values are missing', () => {
  const { result, claims } = appraised()
  assert.equal(result.tier, 'warning')
  const lowering = result.findings.filter(({ severity }) => severity !== 'info')
  assert.deepEqual(
    lowering.map(({ id }) => id),
    ['reference-values.missing'],
  )
  assert.deepEqual(claims['attestation-key'], { value: 'given', verified: false, events: [] })
  assert.equal(claims['attestation-key-restricted']?.value, true)
})

test('imported evidence is affirmed once what was learnt of its log is approved, and no sooner', () => {
  const { imaLog, userspaceLog, eventLog, pcrs, profile } = parts
  const logs = { imaLog, userspaceLog, eventLog, pcrs, profile }
  const learnt = learnReferences(logs, { name: 'a boot', log: 'binary_bios_measurements' })
  assert.ok('approval' in learnt)
  const certified = { key: decodeImportedKey(akCertificate.der), anchors: [anchor] }
  const heldBy = (references: ReferenceValues, changes: Partial<ImportedParts> = {}) => {
    const imported = importEvidence({ ...parts, ...certified, ...changes })
    const { result } = appraiseEvidence({
      ...{ ...imported, references, policy: TRUSTED_LAUNCH_POLICY, time },
    })
    return result
  }
  const references: ReferenceValues = { version: 2, variants: [learnt] }
  const before = heldBy(references)
  assert.equal(before.tier, 'warning')
  assert.equal(before.findings[0]?.id, 'reference-values.not-approved')
  const by = { by: 'somebody', at: '2026-11-28T06:00:00Z', why: 'it is genuine' }
  const approved = approveReferences(references, by)
  const after = heldBy(approved)
  assert.equal(after.tier, 'affirming', JSON.stringify(after.findings))
  const other = evidenceOf(cleanBoot().toSpliced(-1, 0, commandLine('/vmlinuz single'))).evidence
  assert.equal(heldBy(approved, { eventLog: other.eventLog! }).tier, 'contraindicated')
})

test('of a firmware that nobody knows the chain shows PCR 0 as a whole, and claims no volume of OVMF', () => {
  const firmwareOf = (references: ReferenceValues | null) => {
    const imported = importEvidence(parts)
    const input = { ...imported, references, policy: TRUSTED_LAUNCH_POLICY, time }
    const [stage] = appraiseEvidence(input).chain
    return [stage!.stage, stage!.what, stage!.digest, stage!.verdict]
  }
  const about = ['firmware', 'all of PCR 0', hex[0]] as const
  const variant = variantOf(cleanBoot())
  const held = (sha256: string | undefined): ReferenceValues => {
    const values = { sha256: sha256!, sha384: '00'.repeat(48) }
    const pcrs = { ...variant.pcrs, 0: { events: null, values } }
    return { version: 2, variants: [{ ...variant, firmware: null, pcrs }] }
  }
  assert.deepEqual(firmwareOf(null), [...about, 'not-compared'])
  assert.deepEqual(firmwareOf(held(hex[0])), [...about, 'expected'])
  assert.deepEqual(firmwareOf(held('11'.repeat(32))), [...about, 'changed'])
})

test('of a bare key it is told that nothing is known of what else it signs', () => {
  const bare = decodeImportedKey(pem('PUBLIC KEY', key.publicKey.spki))
  const { result, claims } = appraised({ key: bare })
  assert.equal(result.tier, 'warning')
  assert.ok(result.findings.some(({ id }) => id === 'attestation-key.bare'))
  assert.equal(claims['attestation-key-restricted']?.verified, false)
})

test('a certificate is judged when there is an anchor, and told not to be when there is none', () => {
  const certified = decodeImportedKey(akCertificate.der)
  assert.ok(ids({ key: certified }).includes('attestation-key.certificate.not-judged'))
  const { claims } = appraised({ key: certified, anchors: [anchor] })
  assert.deepEqual(claims['attestation-key'], { value: 'certificate', verified: true, events: [] })
  assert.deepEqual(ids({ anchors: [anchor] }), ['attestation-key.certificate.missing'])
  const foreign = ids({ key: certified, anchors: [akCertificate] })
  assert.deepEqual(foreign, ['attestation-key.certificate.untrusted'])
})

test('a key that its public area lets sign anything, or that is weak, is refused', () => {
  const free = encode(TPMT_PUBLIC, akPublic({ objectAttributes: 0x40072 }))
  assert.deepEqual(ids({ key: decodeImportedKey(free) }), ['attestation-key.attributes'])
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  assert.deepEqual(ids({ key: decodeImportedKey(Uint8Array.from(spki)) }), ['attestation-key.weak'])
})

const pairs = {
  'P-521': () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  'exponent 3': () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
  'exponent 65539': () =>
    generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 65539 }),
  '1024 bits': () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
}

for (const [what, pair] of Object.entries(pairs))
  test(`a bare key of ${what} is refused as one that signs for nobody, and so is its certificate`, () => {
    const spki = Uint8Array.from(pair().publicKey.export({ format: 'der', type: 'spki' }))
    const certificate = issue({
      subject: [{ oid: '2.5.4.3', value: 'vm-1' }],
      publicKey: PublicKey.fromSpki(spki),
      extensions: [extendedKeyUsage('2.23.133.8.3')],
    })
    for (const file of [spki, pem('PUBLIC KEY', spki), certificate.der]) {
      const given = decodeImportedKey(file)
      for (const anchors of [[], [anchor]])
        assert.deepEqual(ids({ key: given, anchors }), ['attestation-key.weak'])
    }
  })

test('a log is taken as long as its decoder takes one, and a longer one refused by its name', () => {
  const big = new Uint8Array(MAX_IMA_LIST_SIZE + 1)
  malformed(() => appraised({ imaLog: big }), /^IMA list: more than 16777216 bytes/)
  const { tier, evidence: hashed } = appraised({ imaLog: big.subarray(1) }).result
  assert.deepEqual([tier, hashed?.sha256.length], ['contraindicated', 64])
  malformed(() => appraised({ userspaceLog: big }), /^userspace log: more than/)
  malformed(() => appraised({ eventLog: big }), /^event log: more than/)
})

test('a short nonce is a warning, none at all is refused', () => {
  const over = (extraData: Uint8Array) => {
    const attest = encode(TPMS_ATTEST, { ...decode(TPMS_ATTEST, quote.attest), extraData })
    return appraised({ attest, signature: signAsAk(attest), nonce: extraData }).result
  }
  assert.equal(over(new Uint8Array(16)).findings.at(0)?.id, 'reference-values.missing')
  const short = over(new Uint8Array(15))
  assert.deepEqual([short.tier, short.findings[0]?.id], ['warning', 'question.nonce'])
  assert.equal(over(new Uint8Array()).tier, 'contraindicated')
})

test('values of more or fewer PCRs than the signed selection are refused', () => {
  const values = parts.pcrs.get('sha256')!
  const without = new Map([...values].filter(([pcr]) => pcr !== 9))
  const beyond = new Map([...values, [16, new Uint8Array(32)] as const])
  for (const given of [without, beyond])
    assert.deepEqual(ids({ pcrs: new Map([['sha256', given]]) }), ['quote.selection'])
})

test('what to do is said to who brought the files, not to a host that may be nobody', () => {
  const values = parts.pcrs.get('sha256')!
  const few = new Map([...values].filter(([pcr]) => pcr < 2 || pcr === 7))
  const stranger = akPublic({ objectAttributes: 0x300b2 })
  const cases: [Partial<ImportedParts>, string, RegExp, RegExp][] = [
    [
      { pcrs: new Map([['sha256', few]]) },
      'question.pcrs',
      /^PCR 2, 3, 4, 5, 6 was not asked for\.$/,
      /^Quote PCR 0 to 15: without 0 to 7/,
    ],
    [
      { pcrs: new Map([['sha256', new Map([...values, [16, new Uint8Array(32)]])]]) },
      'quote.selection',
      /give exactly the ones that were quoted/,
      /tpm2_quote -o wrote/,
    ],
    [
      { anchors: [anchor] },
      'attestation-key.certificate.missing',
      /without its certificate/,
      /--ak.*--ca/,
    ],
    [
      { key: decodeImportedKey(encode(TPMT_PUBLIC, stranger)) },
      'attestation-key.attributes',
      /^The key is none that signs\.$/,
      /tpm2_createak/,
    ],
    [
      { eventLog: new Uint8Array(5) },
      'eventlog.malformed',
      /truncated/,
      /binary_bios_measurements/,
    ],
  ]
  for (const [change, id, summary, advice] of cases) {
    const [finding] = appraised(change).result.findings
    assert.equal(finding!.id, id)
    assert.match(finding!.summary, summary)
    assert.match(finding!.advice, advice)
  }
})

test('no advice about imported evidence, or a log alone, sends anybody to a host of ours', () => {
  const all = Object.keys(FINDINGS).map((id) => findingOf({ id: id as FindingId, summary: '' }))
  // what is held against our own VMs alone has its host's advice: quote.restarted, what is remembered
  const ofKinds = /^(question|quote\.(?!restarted)|attestation-key|eventlog\.(?!not-)|firmware)/
  for (const { id, advice } of advisedForImport(all).filter((one) => ofKinds.test(one.id)))
    assert.doesNotMatch(advice, /host|reprovision|not ours|Restart the VM/, id)
})

test('a quote over two banks at once vouches for both, and each of its values counts', () => {
  const other = evidence.quotes.find(({ bank }) => bank === 'sha384')!
  const numbers = quote.pcrs.map(({ index }) => index)
  const attest = encode(TPMS_ATTEST, {
    ...decode(TPMS_ATTEST, quote.attest),
    attested: {
      pcrSelect: [TPM_ALG.SHA384, TPM_ALG.SHA256].map((hash) => encodePcrSelection(hash, numbers)),
      pcrDigest: digest('sha256', ...[...other.pcrs, ...quote.pcrs].map((pcr) => pcr.digest)),
    },
  } as TPMS_ATTEST)
  const valuesOf = ({ pcrs }: typeof quote) =>
    new Map(pcrs.map(({ index, digest }) => [index, digest]))
  const both = { attest, signature: signAsAk(attest) }
  const pcrs = new Map([
    ['sha256', valuesOf(quote)],
    ['sha384', valuesOf(other)],
  ] as const)
  assert.equal(appraised({ ...both, pcrs }).result.tier, 'warning')
  assert.equal(appraised({ ...both, pcrs }).result.bank, 'sha384')
  assert.deepEqual(ids({ ...both }), ['quote.selection'])
  const changed = new Map(pcrs)
  changed.set('sha256', new Map([...valuesOf(quote), [9, new Uint8Array(32)]]))
  assert.deepEqual(ids({ ...both, pcrs: changed }), ['quote.digest'])
})

test('digests alone are no PCR values: nothing says which, and that is told', () => {
  const bare = new Uint8Array(64).fill(0xf1)
  assert.throws(() => decodePcrValues(bare), /digests alone, as -F values writes them/)
})
