import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { DIGEST_SIZE, digest, type HashName } from '@trusted-launch/crypto'
import {
  decodeImaList,
  encodeImaList,
  encodeTemplateData,
  imaValueAfter,
} from '@trusted-launch/eventlog'
import { checkImaEntries } from '../src/check-ima.ts'
import { continueIma, type ImaPart, type ImaState } from '../src/memory/ima-list.ts'

const banks: readonly HashName[] = ['sha256', 'sha384']
const fileDigest = (name: string) => digest('sha256', toUtf8(name))

function entry(name: string, violation = false) {
  const templateData = encodeTemplateData({ algorithm: 'sha256', digest: fileDigest(name) }, name)
  const templateHash = violation ? new Uint8Array(20) : digest('sha1', templateData)
  return { pcrIndex: 10, templateHash, templateName: 'ima-ng', templateData, violation }
}
const boot = [
  'boot_aggregate',
  ...Array.from({ length: 30 }, (_, i) => `/lib/modules/${i}.ko`),
].map((name, i) => entry(name, i === 7))
const bytesOf = (from: number, to: number) => encodeImaList(boot.slice(from, to))

/** What PCR 10 holds after so many entries. */
function quotedAfter(count: number, padded: readonly HashName[] = []) {
  const entries = decodeImaList(bytesOf(0, count))
  const start = (bank: HashName) => new Uint8Array(DIGEST_SIZE[bank])
  return new Map(
    banks.map((bank) => {
      const by = { start: start(bank), paddedSha1: padded.includes(bank) }
      return [bank, imaValueAfter(entries, bank, by)]
    }),
  )
}

/** The entries `from` to `to`, quoted when there were `quoted`. */
function part(from: number, to: number, quoted = to, changes: Partial<ImaPart> = {}): ImaPart {
  return {
    resetCount: 3,
    offset: bytesOf(0, from).length,
    list: bytesOf(from, to),
    quoted: quotedAfter(quoted),
    ...changes,
  }
}
const first = continueIma(null, part(0, 5)).next!
const ids = (before: ImaState | null, given: ImaPart) => {
  const { findings, entries, next } = continueIma(before, given)
  if (findings.length > 0) {
    assert.deepEqual(entries, [])
    assert.equal(next, before)
  }
  return findings.map(({ id }) => id)
}

test('over any parts, each quoted at a moment of its own, what is known in the end is what the whole list gives', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomFrom(seed)
    let state: ImaState | null = null
    let [known, names] = [0, [] as string[]]
    while (known < boot.length) {
      const quoted = known + random(boot.length - known + 1)
      const to = quoted + random(boot.length - quoted + 1)
      const { findings, entries, next } = continueIma(state, part(known, to, quoted))
      assert.deepEqual(findings, [])
      names = [...names, ...entries.map(({ data }) => (data.kind === 'fields' ? data.name : ''))]
      assert.equal(next!.entries, quoted)
      ;[state, known] = [next, quoted]
    }
    assert.deepEqual(state, continueIma(null, part(0, boot.length)).next)
    assert.deepEqual(names.slice(0, 2), ['boot_aggregate', '/lib/modules/0.ko'])
    assert.equal(names.length, boot.length)
  }
})

test('a part begins where the one before ended, and in another boot at the start', () => {
  assert.deepEqual(ids(first, part(5, 9)), [])
  assert.deepEqual(ids(first, part(4, 9)), ['ima.not-continued'])
  assert.deepEqual(ids(first, part(6, 9)), ['ima.not-continued'])
  assert.deepEqual(ids(first, part(0, 9)), ['ima.not-continued'])
  assert.deepEqual(ids(first, part(0, 2, 2, { resetCount: 4 })), [])
  assert.deepEqual(ids(first, part(5, 9, 9, { resetCount: 4 })), ['ima.not-continued'])
  assert.deepEqual(ids(null, part(5, 9)), ['ima.not-continued'])
})

test('entries left out, put in, moved or changed do not lead to the quoted register', () => {
  const other = (...entries: readonly ReturnType<typeof entry>[]) =>
    ids(first, part(5, 9, 9, { list: encodeImaList(entries) }))
  const [a, b, c, d] = boot.slice(5, 9) as [
    (typeof boot)[0],
    (typeof boot)[0],
    (typeof boot)[0],
    (typeof boot)[0],
  ]
  assert.deepEqual(other(a!, b!, c!, d!), [])
  for (const entries of [[a, b, d], [b, a, c, d], [a, b, c, d].slice(1), [a, b, c, c, d]])
    assert.deepEqual(other(...entries), ['ima.replay'])
  assert.deepEqual(other(a, b, entry('/root/evil.ko'), c, d), ['ima.replay'])
  assert.deepEqual(other({ ...a, templateHash: new Uint8Array(20).fill(1) }, b, c, d), [
    'ima.template-hash',
  ])
  assert.deepEqual(other(a, b, c, d, { ...a, pcrIndex: 11 }), ['ima.register'])
  assert.deepEqual(ids(first, part(5, 9, 4)), ['ima.replay'])
  const list = bytesOf(5, 9)
  assert.deepEqual(ids(first, part(5, 9, 9, { list: list.subarray(1) })), ['ima.malformed'])
})

test('nothing new is no fault, and the register must be where it was', () => {
  const { findings, entries, next } = continueIma(first, part(5, 5))
  assert.deepEqual([findings, entries, next], [[], [], first])
  assert.deepEqual(ids(first, part(5, 5, 6)), ['ima.replay'])
})

test('every bank must be led to, and within a boot no bank comes or goes', () => {
  const quoted = quotedAfter(9)
  const wrong = new Map([...quoted, ['sha384', new Uint8Array(48)] as const])
  assert.deepEqual(ids(first, part(5, 9, 9, { quoted: wrong })), ['ima.replay'])
  const less = new Map([['sha256', quoted.get('sha256')!]] as const)
  assert.deepEqual(ids(first, part(5, 9, 9, { quoted: less })), ['ima.not-continued'])
  assert.deepEqual(ids(null, part(0, 9, 9, { quoted: new Map() })), ['ima.not-continued'])
  // The banks are quoted one after the other: what the later one holds already comes with the next part.
  const apart = new Map([
    ['sha256', quotedAfter(7).get('sha256')!],
    ['sha384', quoted.get('sha384')!],
  ] as const)
  assert.equal(continueIma(first, part(5, 9, 9, { quoted: apart })).next?.entries, 7)
})

test('digests are padded from the first entry of a boot on, or never', () => {
  const padded = (count: number) => quotedAfter(count, ['sha256'])
  const start = continueIma(null, part(0, 5, 5, { quoted: padded(5) })).next!
  assert.deepEqual(start.padded, ['sha256'])
  assert.deepEqual(ids(start, part(5, 9, 9, { quoted: padded(9) })), [])
  // Entry 7 is a violation, which shows nothing of how digests are made.
  const before = continueIma(start, part(5, 7, 7, { quoted: padded(7) })).next!
  const through = continueIma(before, part(7, 8, 8, { quoted: padded(8) }))
  assert.deepEqual([through.findings, through.next?.padded], [[], ['sha256']])
  const start9 = imaValueAfter(decodeImaList(bytesOf(5, 9)), 'sha256', {
    start: quotedAfter(5).get('sha256')!,
    paddedSha1: true,
  })
  const mixed = new Map([...quotedAfter(9), ['sha256', start9] as const])
  assert.deepEqual(ids(first, part(5, 9, 9, { quoted: mixed })), ['ima.replay'])
})

test('what a part adds is judged as in a whole list', () => {
  const { entries } = continueIma(first, part(5, 9))
  const modules = [4, 5, 7].map((i) => ({ sha256: toHex(fileDigest(`/lib/modules/${i}.ko`)) }))
  const found = (lockedDown: boolean) => checkImaEntries(entries, { modules, lockedDown })
  assert.deepEqual(
    found(true).map(({ id }) => id),
    ['ima.violation'],
  )
  const told = checkImaEntries(entries, { modules: [], lockedDown: true })
  assert.deepEqual(
    told.map(({ id }) => id),
    ['module.untrusted', 'module.untrusted', 'ima.violation', 'module.untrusted'],
  )
})
