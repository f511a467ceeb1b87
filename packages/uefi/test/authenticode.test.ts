import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { concat, MalformedError, toHex } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import {
  authenticodeDigest,
  authenticodeSignatures,
  certificateList,
  databaseOf,
  decodePe,
  GUIDS,
  parseSbat,
  parseSecureBootTemplate,
  revokedBySbat,
  sbatOf,
  sectionOf,
  sha256List,
  shimSbatLevel,
  shimVendor,
  vendorDatabase,
  verifyImage,
} from '../src/index.ts'
import { MADE, makeImage } from './an-image.ts'
import { debianFile, unless } from './real-files.ts'

const text = { name: '.text', bytes: new Uint8Array(700).fill(0x90) }
const certificate = new Uint8Array([16, 0, 0, 0, 0, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8])
const json = readFileSync(new URL('../templates/microsoft-uefi-ca.json', import.meta.url), 'utf8')
const template = parseSecureBootTemplate(JSON.parse(json))
const microsoft = { db: databaseOf(template.db), dbx: databaseOf(template.dbx) }

test('the digest leaves out checksum, certificate entry and certificates, and nothing else', () => {
  const file = makeImage([text], certificate)
  const entryAt = MADE.optionalAt + 144
  const expected = createHash('sha256')
    .update(file.subarray(0, MADE.checkSumAt))
    .update(file.subarray(MADE.checkSumAt + 4, entryAt))
    .update(file.subarray(entryAt + 8, file.length - certificate.length))
    .digest('hex')
  assert.equal(toHex(authenticodeDigest(decodePe(file), 'sha256')), expected)
  const unsigned = makeImage([text])
  assert.equal(toHex(authenticodeDigest(decodePe(unsigned), 'sha256')), expected)
})

const defects: Record<string, (view: DataView) => void> = {
  'no-mz': (v) => v.setUint16(0, 0, true),
  'pe-header-outside': (v) => v.setUint32(60, 0x7fffffff, true),
  'optional-magic-unknown': (v) => v.setUint16(MADE.optionalAt, 0x107, true),
  'size-of-headers-4G': (v) => v.setUint32(MADE.optionalAt + 60, 0xffffffff, true),
  'size-of-headers-inside-section-table': (v) => v.setUint32(MADE.optionalAt + 60, 0x180, true),
  'sections-65535': (v) => v.setUint16(MADE.peAt + 6, 0xffff, true),
  'directories-4G': (v) => v.setUint32(MADE.optionalAt + 108, 0xffffffff, true),
  'certificate-table-not-last': (v) => v.setUint32(MADE.optionalAt + 148, 8, true),
  'certificate-table-outside': (v) => v.setUint32(MADE.optionalAt + 144, 0xfffffff8, true),
  'section-outside': (v) => v.setUint32(MADE.optionalAt + 240 + 16, 0x7fffffff, true),
  'section-over-headers': (v) => v.setUint32(MADE.optionalAt + 240 + 20, 0x80, true),
}
for (const [name, defect] of Object.entries(defects))
  test(`${name} is refused`, () => {
    assert.throws(() => decodePe(makeImage([text], certificate, defect)), MalformedError)
  })

test('sections that are longer than the file together are refused: none is hashed again and again', () => {
  const second = MADE.optionalAt + 240 + 40
  const overlapping = makeImage([text, text], undefined, (view) => {
    view.setUint32(second + 16, 0x800, true)
    view.setUint32(second + 20, MADE.headersBytes, true)
  })
  assert.throws(() => decodePe(overlapping), MalformedError)
  assert.equal(decodePe(makeImage([text, text])).sections.length, 2)
})

test('every truncation of the headers and a thousand mutations raise only MalformedError', () => {
  const file = makeImage([text], certificate)
  for (let size = 0; size < MADE.headersBytes; size++)
    assert.throws(() => decodePe(file.subarray(0, size)), MalformedError)
  const random = randomFrom(5)
  for (let i = 0; i < 1000; i++) {
    const struck = file.slice()
    for (let k = 0; k < 3; k++) struck[random(MADE.headersBytes)] = random(256)
    try {
      const image = decodePe(struck)
      authenticodeDigest(image, 'sha256')
      verifyImage(image, microsoft)
    } catch (e) {
      assert.ok(e instanceof MalformedError, String(e))
    }
  }
})

test('an unsigned image runs only when db names its digest, and never when dbx does', () => {
  const image = decodePe(makeImage([text]))
  const own = [sha256List(GUIDS.SHIM_LOCK_GUID, [authenticodeDigest(image, 'sha256')])]
  const verdict = (db: typeof own, dbx: typeof own) => verifyImage(image, { db, dbx })
  assert.equal(reasonOf(verdict([], [])), 'unsigned')
  assert.equal(reasonOf(verdict(own, [])), 'digest')
  assert.equal(reasonOf(verdict(own, own)), 'forbidden-digest')
})

test('a certificate table of rubbish, or with bytes after its last entry, allows nothing', () => {
  const signed = decodePe(makeImage([text], certificate))
  assert.equal(reasonOf(verifyImage(signed, microsoft)), 'malformed-signatures')
  const trailing = decodePe(makeImage([text], concat(certificate, new Uint8Array(8))))
  assert.equal(authenticodeSignatures(trailing).wellFormed, false)
  assert.equal(reasonOf(verifyImage(trailing, microsoft)), 'malformed-signatures')
})

function reasonOf(verdict: ReturnType<typeof verifyImage>): string {
  return verdict.allowed ? verdict.by : verdict.reason
}

test('SBAT: an older generation than the level wants is revoked, an unnamed component is free', () => {
  const ascii = (value: string) => new TextEncoder().encode(value)
  const image = parseSbat(ascii('sbat,1,SBAT Version\ngrub,4,FSF\ngrub.debian,1\n\0\0'))
  assert.deepEqual(revokedBySbat(image, parseSbat(ascii('sbat,1,2025\nshim,4\ngrub,5\n'))), [
    { component: 'grub', generation: 4, minimum: 5 },
  ])
  assert.throws(() => parseSbat(ascii('grub\n')), MalformedError)
  assert.throws(() => parseSbat(ascii('grub,x\n')), MalformedError)
})

const shimFile = debianFile('usr/lib/shim', 'shimx64.efi.signed')
const grubFile = debianFile('usr/lib/grub/x86_64-efi-signed', 'grubx64.efi.signed')
const kernelFile = debianFile('boot', 'vmlinuz-')
const needsDebian = { skip: unless(shimFile && grubFile && kernelFile, 'set-up’s Debian packages') }

test(
  'Debian’s shim is allowed by Microsoft’s 2011 CA, and by the 2023 one alone',
  needsDebian,
  () => {
    const shim = decodePe(shimFile!)
    const [of2011, of2023] = microsoft.db
    const by = (db: typeof microsoft.db) => {
      const verdict = verifyImage(shim, { ...microsoft, db })
      return verdict.allowed ? verdict.chain.at(-1)!.subject : verdict.reason
    }
    assert.match(by(microsoft.db), /UEFI CA 2011$/)
    assert.match(by([of2023!, of2011!]), /UEFI CA 2011$/, 'signatures come before entries')
    assert.match(by([of2023!]), /UEFI CA 2023$/)
    assert.equal(by([]), 'unknown-signer')
  },
)

test('one changed byte of shim is refused, and so is shim with its CA in dbx', needsDebian, () => {
  const changed = shimFile!.slice()
  changed[0x5000]! ^= 1
  assert.equal(reasonOf(verifyImage(decodePe(changed), microsoft)), 'digest-mismatch')
  const dbx = [certificateList(GUIDS.SHIM_LOCK_GUID, template.db[0]!.value[0]!)]
  const verdict = verifyImage(decodePe(shimFile!), { db: microsoft.db, dbx })
  assert.equal(reasonOf(verdict), 'forbidden-certificate')
})

test(
  'GRUB and kernel are allowed by shim’s vendor certificate and by nothing of Microsoft',
  needsDebian,
  () => {
    const vendor = vendorDatabase(shimVendor(decodePe(shimFile!))!)
    for (const file of [grubFile!, kernelFile!]) {
      const image = decodePe(file)
      assert.equal(reasonOf(verifyImage(image, microsoft)), 'unknown-signer')
      assert.equal(reasonOf(verifyImage(image, { db: vendor, dbx: [] })), 'certificate')
    }
  },
)

test('shim’s long section names, SBAT level and components are read', needsDebian, () => {
  const shim = decodePe(shimFile!)
  assert.ok(sectionOf(shim, '.sbatlevel') !== null)
  assert.match(shimSbatLevel(shim)!.previous, /^sbat,1,\d{10}\nshim,\d/)
  assert.ok(sbatOf(decodePe(grubFile!))!.some(({ component }) => component === 'grub.debian'))
})
