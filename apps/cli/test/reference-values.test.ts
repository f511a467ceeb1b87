import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { fileOf, tl } from './a-run.ts'

const corpus = process.env.EVIDENCE_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus')
const withoutCorpus = existsSync(join(corpus, 'own-evidence'))
  ? false
  : `no evidence corpus at ${corpus} (set EVIDENCE_CORPUS)`
const own = (kind: string, name: string) => join(corpus, 'own-evidence', kind, name)
const outFile = () => fileOf('references.json', '')

async function learnt(kind: string, ...more: string[]): Promise<string> {
  const out = outFile()
  const pcrs = own(kind, 'quote.pcrs')
  const given = [own(kind, 'eventlog.bin'), '--pcrs', pcrs, '--out', out, ...more]
  const { code, err } = await tl('reference-values', 'from-log', ...given)
  assert.equal(code, 0, err)
  assert.match(err, /learnt from a log, which says what booted and not that it is good/)
  return out
}

async function appraised(kind: string, references: string) {
  const { code, out } = await tl(
    'appraise',
    ...['--quote', own(kind, 'quote.msg'), '--signature', own(kind, 'quote.sig')],
    ...['--ak', own(kind, 'ak.tpmt'), '--pcrs', own(kind, 'quote.pcrs')],
    ...['--nonce', readFileSync(own(kind, 'nonce.hex'), 'utf8').trim()],
    ...['--event-log', own(kind, 'eventlog.bin'), '--references', references, '--json'],
  )
  const { tier, findings } = JSON.parse(out)
  return { code, tier, findings, ids: findings.map(({ id }: { id: string }) => id) }
}

const approve = (file: string, ...more: string[]) =>
  tl('reference-values', 'approve', file, '--by', 'somebody', '--why', 'first boot', ...more)

for (const kind of ['rsa', 'ecc'])
  test(`what is learnt from the ${kind} evidence's log affirms it once approved, and not before`, {
    skip: withoutCorpus,
  }, async () => {
    for (const more of [[], ['--allow-updates']]) {
      const file = await learnt(kind, ...more)
      const before = await appraised(kind, file)
      assert.deepEqual([before.code, before.tier], [4, 'warning'])
      for (const { id, severity } of before.findings)
        assert.ok(severity === 'info' || id.startsWith('reference-values.'), id)
      assert.deepEqual((await approve(file)).code, 0)
      const after = await appraised(kind, file)
      assert.deepEqual([after.code, after.tier], [0, 'affirming'], after.ids.join())
      const [variant] = JSON.parse(readFileSync(file, 'utf8')).variants
      assert.equal(variant.approval.by, 'somebody')
      assert.match(variant.approval.at, /^\d{4}-/)
      assert.equal((await approve(file)).code, 2, 'nothing is left to approve')
    }
  })

test('one digest changed in approved reference values is contraindicated, whichever it is', {
  skip: withoutCorpus,
}, async () => {
  const file = await learnt('rsa')
  await approve(file)
  const values = JSON.parse(readFileSync(file, 'utf8'))
  for (const [pcr, { events }] of Object.entries<any>(values.variants[0].pcrs))
    for (const event of events) {
      const { digests } = event
      event.digests = {
        sha256: digests.sha256.replace(/^./, (c: string) => (c === '0' ? '1' : '0')),
      }
      const { code, ids } = await appraised('rsa', fileOf('bad.json', JSON.stringify(values)))
      event.digests = digests
      assert.equal(code, pcr === '1' ? 4 : 3, `PCR ${pcr} ${event.description}: ${ids}`)
    }
})

test('a log that does not hold teaches nothing: 3, and what is wrong is told', {
  skip: withoutCorpus,
}, async () => {
  const bytes = Uint8Array.from(readFileSync(own('rsa', 'eventlog.bin')))
  const log = fileOf('log', bytes.with(200, bytes[200]! ^ 1))
  const given = [log, '--pcrs', own('rsa', 'quote.pcrs')]
  const { code, out, err } = await tl('reference-values', 'from-log', ...given)
  assert.deepEqual([code, out], [3, ''])
  assert.match(err, /nothing is learnt from this log: it is refused/)
  const none = fileOf('log', new Uint8Array(8))
  const malformed = await tl('reference-values', 'from-log', none, '--pcrs', given[2]!)
  assert.equal(malformed.code, 5)
})

test('a file is shown, compared and merged in words, with where it comes from', {
  skip: withoutCorpus,
}, async () => {
  const [a, b] = [await learnt('rsa', '--name', 'one'), await learnt('ecc', '--name', 'two')]
  const show = await tl('reference-values', 'show', a)
  assert.match(show.out, /^variant {3}one\norigin {4}learnt from the log eventlog.bin, SHA-256 /)
  assert.match(show.out, /approval {2}needed: it counts for nothing until somebody approves it/)
  const json = await tl('reference-values', 'show', a, '--json')
  assert.deepEqual(JSON.parse(json.out), JSON.parse(readFileSync(a, 'utf8')))
  const same = await tl('reference-values', 'diff', a, a)
  assert.deepEqual([same.code, same.out], [0, 'They take the same boots.\n'])
  const values = JSON.parse(readFileSync(a, 'utf8'))
  const [variant] = values.variants
  const line = variant.pcrs[8].events.find(
    ({ component }: { component: string }) => component === 'kernel command line',
  )
  const text = line.description
  line.description = `${text} init=/bin/sh`
  line.digests = { sha256: '00'.repeat(32) }
  const changed = fileOf('changed.json', JSON.stringify(values))
  const told = await tl('reference-values', 'diff', a, changed)
  assert.equal(told.code, 1)
  assert.match(told.out, /^PCR 8: The kernel command line \(.*\) changed\.\n {2}before {2}/)
  assert.ok(told.out.includes(`after   ${text} init=/bin/sh`))
  const { out } = await tl('reference-values', 'diff', a, changed, '--json')
  const [difference] = JSON.parse(out).differences
  assert.deepEqual([difference.component, difference.pcr], ['kernel command line', 8])
  const nowhere = await tl('reference-values', 'merge', a, '--out', '/nowhere/x.json')
  assert.deepEqual(
    [nowhere.code, nowhere.err],
    [1, 'tl: cannot write /nowhere/x.json: there is no such file\n'],
  )
  const merged = outFile()
  assert.equal((await tl('reference-values', 'merge', a, b, changed, '--out', merged)).code, 0)
  const { variants } = JSON.parse(readFileSync(merged, 'utf8'))
  assert.ok(variants.length >= 2 && variants.every((one: any) => one.origins.length > 0))
  const one = await approve(merged, '--name', 'one')
  assert.deepEqual([one.code, one.err], [0, 'tl: approved: one\n'.repeat(variants.length)])
  assert.equal((await approve(merged, '--name', 'none such')).code, 2)
  const again = await approve(merged)
  assert.deepEqual([again.code, again.err], [2, `tl: ${merged}: no variant needs approval\n`])
})

const cache = join(import.meta.dirname, '../../../.cache/images')
const [image] = globSync(join(cache, 'small-*/disk.*'))
const withoutImage = image === undefined && 'no image built yet: npm run setup builds it'

test('what an image will measure is foretold, named by its hash, and needs no approval', {
  skip: withoutImage,
}, async () => {
  const { code, out, err } = await tl('reference-values', 'from-image', image!, '--name', 'small')
  assert.equal(code, 0, err)
  const [variant] = JSON.parse(out).variants
  assert.equal(variant.approval, 'not-needed')
  assert.deepEqual(
    variant.origins.map(({ kind, name }: { kind: string; name: string }) => [kind, name]),
    [['image', 'small']],
  )
  assert.match(variant.origins[0].sha256, /^(?!0{64})[0-9a-f]{64}$/)
  assert.deepEqual([variant.banks, variant.bounds], [['sha256', 'sha384'], null])
  const free = await tl('reference-values', 'from-image', image!, '--allow-updates')
  const { bounds } = JSON.parse(free.out).variants[0]
  assert.ok(bounds.db.some(({ name }: { name: string }) => /Microsoft/.test(name)))
  assert.ok(bounds.dbx.length > 0 && bounds.sbat.sbat >= 1)
  const off = await tl('reference-values', 'from-image', image!, '--no-secure-boot')
  assert.equal(JSON.parse(off.out).variants[0].variables.secureBoot, false)
})

test('what is no file of reference values is malformed: 5; what is asked for wrongly, 2', async () => {
  const bad = fileOf('bad.json', '{"version": 2, "variants": []}')
  for (const args of [
    ['show', bad],
    ['diff', bad, bad],
    ['merge', bad],
  ])
    assert.equal((await tl('reference-values', ...args)).code, 5, args.join(' '))
  assert.equal((await approve(bad)).code, 5)
  const document = JSON.parse((await tl('reference-values', 'diff', bad, bad, '--json')).out)
  assert.equal(document.findings[0].id, 'reference-values.malformed')
  assert.equal((await tl('reference-values', 'approve', bad)).code, 2)
  assert.equal((await tl('reference-values', 'from-log', bad)).code, 2)
  assert.equal((await tl('reference-values')).code, 2)
  assert.equal((await tl('reference-values', 'from-image', bad)).code, 5)
  const store = await tl('reference-values', 'from-image', bad, '--variables', bad)
  assert.equal(store.code, 5)
  assert.match(store.err, /bad\.json: not a variable store of OVMF/)
})

test('a policy is said in words, and one that asks for nothing or for what is unknown is malformed: 5', async () => {
  const own = {
    version: 2,
    id: 'own',
    rules: { 'secure-boot-on': 'high' },
    claims: [
      { claim: 'windows', equals: false, when: null, severity: 'low', message: 'It is Windows.' },
    ],
  }
  const check = (value: unknown) =>
    tl('policy', 'check', fileOf('policy.json', JSON.stringify(value)))
  const { code, out } = await check(own)
  assert.equal(code, 0)
  assert.match(out, /^policy own\n/)
  assert.match(out, /Secure Boot must be shown to be on; else high/)
  assert.match(out, /windows must be false; else low: It is Windows\./)
  assert.match(out, /there must be reference values, and they must be approved; else low/)
  for (const wrong of [{ ...own, rules: {}, claims: [] }, { ...own, rules: { x: 'high' } }, {}])
    assert.equal((await check(wrong)).code, 5)
  const least = { 'reference-values-present': 'info' }
  assert.equal((await check({ ...own, rules: least, claims: [] })).code, 5)
  const lax = { ...own, rules: { ...least, 'os-present': 'info' }, claims: [] }
  const told = (await check(lax)).out
  assert.match(told, /they must be approved; else low\n/, 'whatever the file says')
  assert.match(told, /this policy refuses nothing of its own\n$/)
  assert.doesNotMatch(out, /of its own/)
  const wrong = fileOf('policy.json', JSON.stringify({ ...own, rules: { 'os-presnt': 'low' } }))
  const refused = await tl('policy', 'check', wrong, '--json')
  const [finding] = JSON.parse(refused.out).findings
  assert.deepEqual([refused.code, finding.id], [5, 'policy.malformed'])
  assert.match(finding.summary, /no rule "os-presnt"; did you mean "os-present"\?$/)
  assert.equal((await tl('policy')).code, 2)
})
