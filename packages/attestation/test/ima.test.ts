import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import {
  BANKS,
  decodeImaList,
  encodeImaList,
  encodeTemplateData,
  imaValueAfter,
  replayIma,
} from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { COMPONENT } from '../src/component.ts'
import { appraise, idsOf, of, withStep } from './appraised.ts'
import { quoteOf } from './attester.ts'
import { cleanBoot, commandLine, evidenceOf, referencesOf, signedModule } from './boot.ts'

test("a module the kernel's key signed is no finding; another is named, and a warning", () => {
  const good = { name: '/lib/modules/6.1/good.ko', sha256: signedModule }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [good] })), [])
  const bad = { name: '/root/evil.ko', sha256: digest('sha256', toUtf8('evil')) }
  const { result, findings } = appraise(cleanBoot(), { measured: [good, bad] })
  assert.equal(result.tier, 'warning')
  assert.deepEqual(
    findings.map(({ id, component, severity }) => [id, component, severity]),
    [['module.untrusted', 'kernel module evil', 'low']],
  )
  assert.equal(findings[0]!.actual, `sha256:${toHex(bad.sha256)}`)
})

test("a signed module's path does not make another file's digest trusted", () => {
  const forged = { name: '/lib/modules/6.1/good.ko', sha256: digest('sha256', toUtf8('evil')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [forged] })), ['module.untrusted'])
})

test('an IMA list that SHA-1 alone vouches for is told; one whole bank is enough', () => {
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [], padded: ['sha384'] })), [])
  const both = appraise(cleanBoot(), { measured: [], padded: ['sha256', 'sha384'] })
  assert.deepEqual(idsOf(both), ['ima.padded'])
  assert.equal(both.result.tier, 'warning')
})

test('a file that is no module is taken for another kernel', () => {
  const other = { name: '/boot/vmlinuz', sha256: digest('sha256', toUtf8('k')) }
  assert.deepEqual(idsOf(appraise(cleanBoot(), { measured: [other] })), ['ima.unexpected-file'])
})

test('where another kernel may run, nothing is claimed of it; of the firmware it is', () => {
  const claimsWith = (measured: readonly { name: string; sha256: Uint8Array }[]) => {
    const { claims } = appraise(cleanBoot(), { measured }).result
    return [claims['command-line']?.verified, claims['secure-boot']?.verified]
  }
  const module = { name: '/lib/modules/6.1/good.ko', sha256: signedModule }
  const kernel = digest('sha256', toUtf8('k'))
  assert.deepEqual(claimsWith([module]), [true, true])
  assert.deepEqual(claimsWith([module, { name: '/boot/vmlinuz', sha256: kernel }]), [false, true])
  // A kernel may be called what its loader likes.
  assert.deepEqual(claimsWith([{ name: '/lib/modules/a.ko', sha256: kernel }]), [false, true])
})

test('a command line that chooses what the kernel measures is told', () => {
  const ids = (text: string) => {
    const boot = withStep(of(COMPONENT.kernelCommandLine, 8), commandLine(text))
    return idsOf(appraise(boot))
  }
  for (const word of [
    ...['ima_policy=tcb', 'ima-policy=tcb', '"ima_policy=tcb"', 'ima_template_fmt=sig|n-ng|d-ng'],
    ...['ima-template-fmt=n-ng', 'bootconfig'],
    // By its old names, which the kernel takes from their beginning alone.
    ...['ima_tcb', 'ima-tcb', '"ima_tcb"', 'ima_tcb=0', 'ima_tcbs', 'ima_appraise_tcb'],
    ...['ima-appraise-tcb', 'ima_appraise-tcb'],
  ])
    assert.ok(ids(`/vmlinuz quiet ${word}`).includes('kernel-command-line.ima-policy'), word)
  for (const word of [
    'no_ima_policy',
    'ima_template=ima-sig',
    'bootconfigs=1',
    'ima_hash=sha1',
    'xima_tcb',
  ])
    assert.ok(!ids(`/vmlinuz quiet ${word}`).includes('kernel-command-line.ima-policy'), word)
})

test('an IMA list of another boot is refused by its aggregate', () => {
  const appraised = appraise(cleanBoot(), { measured: [], aggregate: new Uint8Array(32) })
  assert.deepEqual(idsOf(appraised), ['ima.boot-aggregate'])
  assert.equal(appraised.result.tier, 'contraindicated')
})

test('an IMA list that does not give PCR 10 is refused, and so is none at all', () => {
  const other = evidenceOf(cleanBoot(), {
    measured: [{ name: '/x.ko', sha256: new Uint8Array(32) }],
  })
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const swap = (imaLog: Uint8Array | null) =>
    idsOf(appraiseEvidence({ ...input, evidence: { ...input.evidence, imaLog } }))
  assert.deepEqual(swap(null), ['pcr.unexplained'])
  assert.deepEqual(swap(Uint8Array.of(1, 2, 3)), ['ima.malformed'])
  // Longer than quoted is what a running kernel gives: only what is quoted is judged.
  assert.deepEqual(swap(other.evidence.imaLog), [])
  const shorter = { ...other, evidence: { ...other.evidence, imaLog: input.evidence.imaLog } }
  assert.ok(idsOf(appraiseEvidence(shorter)).includes('ima.replay'))
})

/** The evidence with its IMA list replaced, and PCR 10 as that list leaves it. */
function withList(entries: Parameters<typeof encodeImaList>[0]) {
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const [aggregate] = decodeImaList(input.evidence.imaLog!)
  const imaLog = encodeImaList([aggregate!, ...entries])
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
    const end = replayIma(decodeImaList(imaLog), bank, new Uint8Array(BANKS[bank].size)).value
    return quoteOf(bank, values.set(10, end))
  })
  return appraiseEvidence({ ...input, evidence: { ...input.evidence, imaLog, quotes } })
}

const templateData = encodeTemplateData({ algorithm: 'sha256', digest: signedModule }, '/a.ko')
const entry = {
  pcrIndex: 10,
  templateHash: digest('sha1', templateData),
  templateName: 'ima-ng',
  templateData,
  violation: false,
}

test('an entry listed with a hash that is not of its data is refused, though PCR 10 fits', () => {
  const forged = withList([{ ...entry, templateHash: new Uint8Array(20).fill(7) }])
  assert.deepEqual(idsOf(forged), ['ima.template-hash'])
  assert.equal(forged.result.tier, 'contraindicated')
})

test("a template's name is not measured: none makes what a file carries its digest", () => {
  const evil = digest('sha256', toUtf8('evil'))
  const lie = encodeTemplateData({ algorithm: 'sha256', digest: signedModule }, '').slice(4, -5)
  // As a kernel with ima_template=ima-sig measures a module whose security.ima root wrote.
  const data = encodeTemplateData({ algorithm: 'sha256', digest: evil }, '/evil.ko', lie)
  const listed = { ...entry, templateData: data, templateHash: digest('sha1', data) }
  const idsAs = (templateName: string) => idsOf(withList([{ ...listed, templateName }]))
  assert.deepEqual(idsAs('ima-sig'), ['module.untrusted'])
  assert.deepEqual(idsAs('d-ng|n-ng|sig'), ['module.untrusted'])
  for (const forged of ['x|n-ng|d-ng', 'sig|n-ng|d-ngv2', 'd-ngv3|n-ng|d-ng', '|n-ng|d-ng'])
    assert.deepEqual(idsAs(forged), ['ima.unexpected-file'], forged)
})

test('a violation is told, whatever its data says, and so is an entry that cannot be read', () => {
  assert.deepEqual(idsOf(withList([entry])), [])
  const violation = { ...entry, templateHash: new Uint8Array(20), violation: true }
  assert.deepEqual(idsOf(withList([violation])), ['ima.violation'])
  const unread = { ...entry, templateName: 'evm-sig' }
  const appraised = withList([unread])
  assert.deepEqual(idsOf(appraised), ['ima.unexpected-file'])
  assert.equal(appraised.result.tier, 'warning')
})

test('without a list of signed modules none is judged, and that is told once there is one', () => {
  const references = referencesOf(cleanBoot(), { kernel: { commandLine: null, modules: null } })
  const measured = [{ name: '/x.ko', sha256: new Uint8Array(32) }]
  const ids = (list: typeof measured) =>
    idsOf(appraise(cleanBoot(), { references, measured: list }))
  assert.deepEqual(ids(measured), ['reference-values.modules'])
  assert.deepEqual(ids([]), [])
})

/** The boot quoted in these banks, its kernel's list begun by this aggregate. */
function quotedIn(
  banks: readonly HashName[],
  aggregate: { algorithm: string; digest: Uint8Array },
  { name = 'boot_aggregate', padded = false } = {},
) {
  const templateData = encodeTemplateData(aggregate, name)
  const first = { ...entry, templateData, templateHash: digest('sha1', templateData) }
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const imaLog = encodeImaList([first])
  const quotes = input.evidence.quotes
    .filter(({ bank }) => banks.includes(bank))
    .map(({ bank, pcrs }) => {
      const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
      const by = { start: new Uint8Array(BANKS[bank].size), paddedSha1: padded }
      return quoteOf(bank, values.set(10, imaValueAfter(decodeImaList(imaLog), bank, by)))
    })
  return appraiseEvidence({
    ...input,
    evidence: { ...input.evidence, imaLog, quotes },
    expectation: { ...input.expectation, banks },
  })
}

test('of an aggregate in a bank that is not quoted nobody can tell whose it is: that is low, and verifies nothing', () => {
  const whole = appraise(cleanBoot(), { measured: [] }).result
  for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
    const aggregate = { algorithm, digest: digest(algorithm, toUtf8('who knows')) }
    const { findings, result } = quotedIn(['sha384'], aggregate)
    const told = findings.map(({ id, severity }) => [id, severity])
    assert.deepEqual(told, [['ima.boot-aggregate', 'low']])
    assert.match(findings[0]!.summary, new RegExp(`the bank ${algorithm} is not quoted`))
    assert.equal(result.tier, 'warning')
    for (const [name, { value, verified }] of Object.entries(result.claims))
      if (verified) assert.deepEqual(value, whole.claims[name]?.value, name)
  }
})

test('an aggregate that is not of this boot in a bank that is quoted, of no hash, or called otherwise is refused', () => {
  const forged = (algorithm: HashName) => ({
    algorithm,
    digest: digest(algorithm, toUtf8('another boot')),
  })
  for (const appraised of [
    quotedIn(['sha384'], forged('sha384')),
    quotedIn(['sha256', 'sha384'], forged('sha384')),
    quotedIn(['sha256', 'sha384'], forged('sha256')),
    quotedIn(['sha384'], { algorithm: 'md5', digest: new Uint8Array(16) }),
    quotedIn(['sha384'], forged('sha1'), { name: '/a.ko' }),
  ]) {
    const told = appraised.findings.map(({ id, severity }) => [id, severity])
    assert.deepEqual(told, [['ima.boot-aggregate', 'high']])
  }
})

test('the list of a kernel before 5.8 beside a quote of SHA-256 alone is taken: its padding is told, and its aggregate in SHA-1', () => {
  const aggregate = { algorithm: 'sha1', digest: digest('sha1', toUtf8('PCR 0 to 7')) }
  const { findings, result } = quotedIn(['sha256'], aggregate, { padded: true })
  assert.deepEqual(
    new Set(findings.map(({ id, severity }) => `${id} ${severity}`)),
    new Set(['ima.boot-aggregate low', 'ima.padded low']),
  )
  assert.equal(result.tier, 'warning')
})

test('a list that begins with no aggregate at all is refused, whichever PCRs were asked for', () => {
  const input = evidenceOf(cleanBoot(), { measured: [] })
  const [aggregate] = decodeImaList(input.evidence.imaLog!)
  const violation = { ...aggregate!, violation: true, templateHash: new Uint8Array(20) }
  for (const first of [violation, entry]) {
    const imaLog = encodeImaList([first])
    const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
      const asked = pcrs.filter(({ index }) => index < 8 || index === 10)
      const values = new Map(asked.map(({ index, digest: value }) => [index, value]))
      const end = replayIma(decodeImaList(imaLog), bank, new Uint8Array(BANKS[bank].size)).value
      return quoteOf(bank, values.set(10, end))
    })
    const pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 10]
    const { findings } = appraiseEvidence({
      ...input,
      evidence: { ...input.evidence, imaLog, quotes },
      expectation: { ...input.expectation, pcrs, profile: 'pc-client' },
    })
    const found = findings.find(({ id }) => id === 'ima.boot-aggregate')
    assert.equal(found?.severity, 'high', JSON.stringify(findings.map(({ id }) => id)))
  }
})
