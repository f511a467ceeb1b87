import assert from 'node:assert/strict'
import test from 'node:test'
import { concat, equalBytes, fromLatin1, MalformedError, toHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { digest } from '@trusted-launch/crypto'
import {
  bootAggregate,
  bootAggregateRule,
  decodeImaList,
  encodeImaList,
  encodeTemplateData,
  extend,
  type ImaEntry,
  type ImaFields,
  MAX_IMA_LIST_SIZE,
  replayIma,
  startValue,
  templateDigest,
  templateHashHolds,
} from '../src/index.ts'

type NewEntry = Omit<ImaEntry, 'index' | 'data'>

function entry(templateName: string, templateData: Uint8Array, violation = false): NewEntry {
  const templateHash = violation ? new Uint8Array(20) : digest('sha1', templateData)
  return { pcrIndex: 10, templateHash, templateName, templateData, violation }
}

const file = (name: string, content: string, ...more: Uint8Array[]) =>
  encodeTemplateData(
    { algorithm: 'sha256', digest: digest('sha256', fromLatin1(content)) },
    name,
    ...more,
  )

const module = entry('ima-sig', file('/lib/modules/dummy.ko', 'module', new Uint8Array(0)))
const plain = entry('ima-ng', file('/bin/sh', 'shell'))
const violation = entry('ima-ng', file('/var/log/messages', ''), true)
const buffer = entry('ima-buf', file('kexec-cmdline', 'quiet', fromLatin1('quiet')))
const entries = [plain, module, violation, buffer]
const bytes = encodeImaList(entries)

/** PCR 10 after these entries, as a kernel from 5.8 on extends it. */
function pcr10(list: readonly NewEntry[], bank: 'sha1' | 'sha256' = 'sha256'): Uint8Array {
  let value = startValue(bank, 10)
  for (const one of decodeImaList(encodeImaList(list)))
    value = extend(bank, value, templateDigest(one, bank))
  return value
}

test('a digest of a hash that the kernel does not have is not read; its entry replays all the same', () => {
  const of = (algorithm: string) => {
    const digest = new Uint8Array(32)
    const [read] = decodeImaList(
      encodeImaList([entry('ima-ng', encodeTemplateData({ algorithm, digest }, '/bin/sh'))]),
    )
    return read!
  }
  for (const algorithm of ['sha256', 'sm3', 'sha3-512'])
    assert.equal(of(algorithm).data.kind, 'fields', algorithm)
  for (const algorithm of ['unknown', 'sha257', 'ima', ''])
    assert.equal(of(algorithm).data.kind, 'undecodable', algorithm)
  assert.equal(templateDigest(of('unknown'), 'sha256').length, 32)
})

test('the kernel list is read and written to the same bytes', () => {
  const list = decodeImaList(bytes)
  assert.deepEqual(encodeImaList(list), bytes)
  assert.deepEqual(
    list.map(({ data }) => (data.kind === 'fields' ? data.name : null)),
    ['/bin/sh', '/lib/modules/dummy.ko', '/var/log/messages', 'kexec-cmdline'],
  )
  assert.deepEqual(
    list.map((one) => one.violation),
    [false, false, true, false],
  )
  const [first] = list
  assert.ok(first?.data.kind === 'fields')
  assert.equal(first.data.digest.algorithm, 'sha256')
  assert.deepEqual(first.data.digest.digest, digest('sha256', fromLatin1('shell')))
})

test('the oldest template has no length and a name padded to 256 bytes in its hash', () => {
  const content = digest('sha1', fromLatin1('x'))
  const data = concat(content, Uint8Array.of(7, 0, 0, 0), fromLatin1('/bin/ls'))
  const hash = digest('sha1', content, fromLatin1('/bin/ls'), new Uint8Array(256 - 7))
  const old = {
    pcrIndex: 10,
    templateHash: hash,
    templateName: 'ima',
    templateData: data,
    violation: false,
  }
  const list = encodeImaList([old, plain])
  const [first, second] = decodeImaList(list)
  assert.equal(first!.data.kind === 'fields' && first!.data.name, '/bin/ls')
  assert.equal(templateHashHolds(first!), true)
  assert.equal(second!.templateName, 'ima-ng')
  assert.deepEqual(encodeImaList([first!, second!]), list)
})

test('an entry whose hash is not of its data is found out', () => {
  const [good] = decodeImaList(bytes)
  assert.equal(templateHashHolds(good!), true)
  const forged = { ...plain, templateHash: digest('sha1', fromLatin1('other')) }
  assert.equal(templateHashHolds(decodeImaList(encodeImaList([forged]))[0]!), false)
})

test('the list is matched to the quoted PCR 10 in any bank, and may be longer than the quote', () => {
  const list = decodeImaList(bytes)
  for (const bank of ['sha1', 'sha256'] as const)
    for (let count = 0; count <= list.length; count++) {
      const replayed = replayIma(list, bank, pcr10(entries.slice(0, count), bank))
      assert.equal(replayed.matched, count)
      assert.deepEqual(replayed.value, pcr10(entries, bank))
    }
  assert.equal(replayIma(list, 'sha256', pcr10(entries)).violations, 1)
})

test('a list that is shorter than the quote, or has one byte changed, matches nothing', () => {
  const quoted = pcr10(entries)
  assert.equal(
    replayIma(decodeImaList(encodeImaList(entries.slice(0, -1))), 'sha256', quoted).matched,
    null,
  )
  const random = randomFrom(3)
  for (let i = 0; i < 300; i++) {
    const mutated = bytes.slice()
    const at = random(bytes.length)
    mutated[at] = mutated[at]! ^ (1 + random(255))
    try {
      const list = decodeImaList(mutated)
      const { matched } = replayIma(list, 'sha256', quoted)
      // of a violation nothing is measured: its data may say anything
      const same = list.every(
        (one, k) => one.violation || equalBytes(one.templateData, entries[k]!.templateData),
      )
      if (!same) assert.equal(matched, null, `byte ${at}`)
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
    }
  }
})

test('a violation extends 0xFF throughout', () => {
  const [one] = decodeImaList(encodeImaList([violation]))
  assert.deepEqual(templateDigest(one!, 'sha256'), new Uint8Array(32).fill(0xff))
  assert.deepEqual(
    pcr10([violation]),
    extend('sha256', new Uint8Array(32), new Uint8Array(32).fill(0xff)),
  )
})

test('SHA-1 digests padded by zeros, as kernels before 5.8 extend them, are matched and named', () => {
  const list = decodeImaList(encodeImaList([plain, violation]))
  const padded = concat(digest('sha1', plain.templateData), new Uint8Array(12))
  let quoted = extend('sha256', new Uint8Array(32), padded)
  quoted = extend('sha256', quoted, new Uint8Array(32).fill(0xff))
  const replayed = replayIma(list, 'sha256', quoted)
  assert.deepEqual([replayed.matched, replayed.paddedSha1], [2, true])
  assert.equal(replayIma(list, 'sha256', pcr10([plain, violation])).paddedSha1, false)
})

test('entries of another PCR are left out, and PCR 10 may start where the firmware left it', () => {
  const list = decodeImaList(encodeImaList([{ ...plain, pcrIndex: 11 }, module]))
  assert.equal(replayIma(list, 'sha256', pcr10([module])).matched, 1)
  const start = digest('sha256', fromLatin1('firmware'))
  const quoted = extend('sha256', start, digest('sha256', module.templateData))
  assert.equal(replayIma(list, 'sha256', quoted, { start }).matched, 1)
  assert.equal(replayIma(list, 'sha256', quoted).matched, null)
})

test('boot_aggregate ties the list to PCR 0 to 9, or 0 to 7, and to nothing else', () => {
  const pcrs = new Map(
    Array.from({ length: 10 }, (_, i) => [i, digest('sha256', Uint8Array.of(i))]),
  )
  const of = (aggregate: Uint8Array, name = 'boot_aggregate') => {
    const data = encodeTemplateData({ algorithm: 'sha256', digest: aggregate }, name)
    return decodeImaList(encodeImaList([entry('ima-ng', data)]))[0]!
  }
  const all = [...pcrs.values()]
  assert.equal(bootAggregateRule(of(digest('sha256', ...all)), 'sha256', pcrs), 'pcr-0-to-9')
  assert.equal(
    bootAggregateRule(of(digest('sha256', ...all.slice(0, 8))), 'sha256', pcrs),
    'pcr-0-to-7',
  )
  assert.equal(bootAggregateRule(of(digest('sha256', ...all.slice(0, 9))), 'sha256', pcrs), null)
  assert.equal(bootAggregateRule(of(digest('sha256', ...all), '/bin/sh'), 'sha256', pcrs), null)
  assert.equal(bootAggregateRule(of(digest('sha256', ...all)), 'sha384', pcrs), null)
  assert.equal(bootAggregate('sha256', new Map()), null)
})

test('every truncation between two entries is malformed, and every mutation is a list or malformed', () => {
  const whole = new Set([0])
  let at = 0
  for (const one of entries) {
    at += encodeImaList([one]).length
    whole.add(at)
  }
  for (let size = 0; size < bytes.length; size++)
    if (!whole.has(size))
      assert.throws(() => decodeImaList(bytes.subarray(0, size)), MalformedError)
  const random = randomFrom(5)
  for (let i = 0; i < 2000; i++) {
    const mutated = bytes.slice()
    for (let k = random(3); k >= 0; k--) mutated[random(mutated.length)] = random(256)
    try {
      assert.ok(equalBytes(encodeImaList(decodeImaList(mutated)), mutated))
    } catch (e) {
      assert.ok(e instanceof MalformedError, `${e} ${toHex(mutated)}`)
    }
  }
})

test('data that its template cannot read is kept, and still replays', () => {
  const foreign = entry('evm-sig', Uint8Array.of(1, 2, 3))
  const noNul = entry('ima-ng', file('/bin/sh', 'x').slice(0, -1))
  const list = decodeImaList(encodeImaList([foreign, noNul]))
  assert.deepEqual(
    list.map(({ data }) => data.kind),
    ['undecodable', 'undecodable'],
  )
  assert.equal(replayIma(list, 'sha256', pcr10([foreign, noNul])).matched, 2)
})

test('the templates of newer kernels and of appended signatures are read as their names say', () => {
  const sha256 = digest('sha256', fromLatin1('file'))
  const field = (bytes: Uint8Array) => concat(Uint8Array.of(bytes.length, 0, 0, 0), bytes)
  const name = field(fromLatin1('/a.ko\0'))
  const hash = (prefix: string) => field(concat(fromLatin1(`${prefix}sha256:\0`), sha256))
  const [sig, cms] = [fromLatin1('signature'), fromLatin1('appended')]
  const read = (templateName: string, ...fields: Uint8Array[]) => {
    const list = encodeImaList([entry(templateName, concat(...fields))])
    const { data } = decodeImaList(list)[0]!
    assert.equal(data.kind, 'fields', templateName)
    return data as ImaFields
  }
  const none = { signature: null, buffer: null, appendedSignature: null, appendedDigest: null }
  const common = { kind: 'fields', name: '/a.ko', ...none }
  const of = (type: string | null) => ({ type, algorithm: 'sha256', digest: sha256 })
  assert.deepEqual(read('ima-ngv2', hash('verity:'), name), { ...common, digest: of('verity') })
  assert.deepEqual(read('ima-sigv2', hash('ima:'), name, field(sig)), {
    ...{ ...common, digest: of('ima') },
    signature: sig,
  })
  assert.deepEqual(read('ima-modsig', hash(''), name, field(sig), hash(''), field(cms)), {
    ...{ ...common, digest: of(null), signature: sig },
    ...{ appendedDigest: of(null), appendedSignature: cms },
  })
  const unsigned = read('ima-modsig', hash(''), name, ...Array(3).fill(field(new Uint8Array())))
  assert.deepEqual(unsigned.appendedDigest, null)
  for (const name of ['ima-modsig', 'ima-sigv2'])
    assert.equal(
      decodeImaList(encodeImaList([entry(name, concat(hash(''), field(sig)))]))[0]!.data.kind,
      'undecodable',
    )
})

test('a template of any name is read by its fields, which begin with digest and name', () => {
  const read = (templateName: string) =>
    decodeImaList(encodeImaList([entry(templateName, module.templateData)]))[0]!.data
  const { templateName } = module
  assert.equal(templateName, 'ima-sig')
  assert.deepEqual(read('d-ng|n-ng|sig'), read('ima-sig'))
  for (const other of ['sig|n-ng|d-ng', 'n-ng|d-ng|sig', 'd-ng|sig|n-ng', 'd-ng'])
    assert.equal(read(other).kind, 'undecodable', other)
})

test('limits hold: a PCR above 23, a name without end, a list too long', () => {
  assert.throws(() => decodeImaList(encodeImaList([{ ...plain, pcrIndex: 24 }])), /no PCR 24/)
  const endless = bytes.slice()
  endless.set([255, 255, 255, 255], 24)
  assert.throws(() => decodeImaList(endless), /templateName/)
  assert.throws(() => decodeImaList(new Uint8Array(MAX_IMA_LIST_SIZE + 1)), MalformedError)
})
