import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { decodePcrValues } from '@trusted-launch/attestation'
import { toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  bootAggregate,
  decodeEventLog,
  encodeImaList,
  encodeTemplateData,
  replay,
} from '@trusted-launch/eventlog'
import { tl } from './a-run.ts'
import { startTools, type Tools, toolsMissing } from './tpm2-tools.ts'

const skip = toolsMissing
const log = join(
  import.meta.dirname,
  '../../../packages/eventlog/testdata/small-secure-boot/event-log',
)
const guide = join(import.meta.dirname, '../../../docs/guides/appraise-any-machine.md')
const nonce = '5a'.repeat(20)
// all that the recorded firmware log extends
const selection = 'sha256:0,1,2,3,4,5,6,7,8,9,11,12,13,14,15'

/** Measures the recorded boot into the TPM, as its firmware and boot loader did. */
function boot({ run }: Tools): void {
  const { pcrs } = replay(decodeEventLog(readFileSync(log)), 'sha256')
  for (const { pcrIndex, events } of pcrs.values())
    for (const event of events)
      run('tpm2_pcrextend', `${pcrIndex}:sha256=${toHex(event.digests.get('sha256')!)}`)
}

const kinds = {
  'RSA, RSASSA': ['-G', 'rsa', '-g', 'sha256', '-s', 'rsassa'],
  'RSA, RSAPSS': ['-G', 'rsa', '-g', 'sha256', '-s', 'rsapss'],
  'RSA, RSASSA over SHA-384': ['-G', 'rsa', '-g', 'sha384', '-s', 'rsassa'],
  'ECC, ECDSA': ['-G', 'ecc', '-g', 'sha256', '-s', 'ecdsa'],
} as const

/** The forms of a key that tpm2-tools write. */
function keyForms({ run, path }: Tools): string[] {
  for (const form of ['tpmt', 'pem', 'der'])
    run('tpm2_readpublic', '-c', 'ak.ctx', '-f', form, '-o', `ak.${form}`)
  return ['ak.pub', 'ak.tpmt', 'ak.pem', 'ak.der'].map(path)
}

/** The forms of a signature, each beside its own quote: a TPM signs anew each time. */
function quoteForms(
  { run, path }: Tools,
  [hash, scheme]: readonly string[],
): { quote: string; signature: string; pcrs: string[] }[] {
  const quoted = ['-c', 'ak.ctx', '-l', selection, '-q', nonce, '-g', hash!, '--scheme', scheme!]
  writeFileSync(path('pcrs.yaml'), run('tpm2_pcrread', selection))
  return ['tss', 'plain'].map((form) => {
    const files = ['-m', `${form}.msg`, '-s', `${form}.sig`, '-o', `${form}.pcrs`]
    run('tpm2_quote', ...quoted, ...files, '-f', form)
    const pcrs = [`${form}.pcrs`, 'pcrs.yaml'].map(path)
    return { quote: path(`${form}.msg`), signature: path(`${form}.sig`), pcrs }
  })
}

for (const [kind, options] of Object.entries(kinds))
  test(`what tpm2-tools write with a key of ${kind} is taken in every form`, {
    skip,
  }, async (t) => {
    const tools = await startTools(t)
    boot(tools)
    tools.run('tpm2_createek', '-c', 'ek.ctx', '-G', options[1], '-u', 'ek.pub')
    tools.run('tpm2_createak', '-C', 'ek.ctx', '-c', 'ak.ctx', '-u', 'ak.pub', ...options)
    const keys = keyForms(tools)
    for (const { quote, signature, pcrs } of quoteForms(tools, [options[3], options[5]]))
      for (const ak of keys)
        for (const values of pcrs) {
          const args = ['--quote', quote, '--signature', signature, '--ak', ak, '--pcrs', values]
          const common = ['--nonce', nonce, '--event-log', log, '--json']
          const { code, out } = await tl('appraise', ...args, ...common)
          const { tier, findings } = JSON.parse(out)
          assert.deepEqual([code, tier], [4, 'warning'], `${args.join(' ')}: ${out}`)
          const lowering = findings.filter(({ severity }: any) => severity !== 'info')
          assert.deepEqual(
            lowering.map(({ id }: any) => id),
            ['reference-values.missing'],
          )
        }
  })

test('a boot quoted with tpm2-tools is affirmed once what its log tells is approved, and no sooner', {
  skip,
}, async (t) => {
  const tools = await startTools(t)
  boot(tools)
  const { run, path } = tools
  run('tpm2_createek', '-c', 'ek.ctx', '-G', 'ecc', '-u', 'ek.pub')
  run('tpm2_createak', '-C', 'ek.ctx', '-c', 'ak.ctx', '-u', 'ak.pub', ...kinds['ECC, ECDSA'])
  run('tpm2_quote', '-c', 'ak.ctx', '-l', selection, '-q', nonce, '-m', 'm', '-s', 's', '-o', 'p')
  const references = path('references.json')
  const learn = [log, '--pcrs', path('p'), '--out', references]
  assert.equal((await tl('reference-values', 'from-log', ...learn)).code, 0)
  const files = ['--quote', path('m'), '--signature', path('s'), '--ak', path('ak.pub')]
  const held = ['--pcrs', path('p'), '--nonce', nonce, '--event-log', log]
  const appraised = async () => {
    const args = [...files, ...held, '--references', references, '--json']
    const { code, out } = await tl('appraise', ...args)
    return [code, JSON.parse(out).findings[0]?.id]
  }
  assert.deepEqual(await appraised(), [4, 'reference-values.not-approved'])
  const why = ['--by', 'a test', '--why', 'it is genuine']
  assert.equal((await tl('reference-values', 'approve', references, ...why)).code, 0)
  assert.equal((await appraised())[0], 0)
})

test("the IMA list of a kernel before 5.8 is taken beside the guide's own quote, of SHA-256 alone, and told for what it is", {
  skip,
}, async (t) => {
  const tools = await startTools(t)
  boot(tools)
  const { run, path } = tools
  const ofSha1 = new Map(Array.from({ length: 8 }, (_, pcr) => [pcr, new Uint8Array(20)]))
  const aggregate = { algorithm: 'sha1', digest: bootAggregate('sha1', ofSha1, 8)! }
  const templateData = encodeTemplateData(aggregate, 'boot_aggregate')
  const templateHash = digest('sha1', templateData)
  const entry = { ...{ pcrIndex: 10, templateName: 'ima-ng' }, templateHash, templateData }
  writeFileSync(path('ima'), encodeImaList([{ ...entry, violation: false }]))
  run(
    'tpm2_pcrextend',
    `10:sha1=${toHex(templateHash)},sha256=${toHex(templateHash).padEnd(64, '0')}`,
  )
  run('tpm2_createek', '-c', 'ek.ctx', '-G', 'ecc', '-u', 'ek.pub')
  run('tpm2_createak', '-C', 'ek.ctx', '-c', 'ak.ctx', '-u', 'ak.pub', ...kinds['ECC, ECDSA'])
  const [asked] = /sha256:[0-9,]+/.exec(readFileSync(guide, 'utf8'))!
  run('tpm2_quote', '-c', 'ak.ctx', '-l', asked, '-q', nonce, '-m', 'm', '-s', 's', '-o', 'p')
  const files = { quote: 'm', signature: 's', ak: 'ak.pub', pcrs: 'p', ima: 'ima' }
  const args = Object.entries(files).flatMap(([name, file]) => [`--${name}`, path(file)])
  const { out } = await tl('appraise', ...args, '--nonce', nonce, '--event-log', log, '--json')
  const { tier, findings } = JSON.parse(out)
  assert.equal(tier, 'warning', out)
  const lowering = findings.filter(({ severity }: any) => severity !== 'info')
  assert.deepEqual(
    new Set(lowering.map(({ id, severity }: any) => `${id} ${severity}`)),
    new Set(['ima.boot-aggregate low', 'ima.padded low', 'reference-values.missing low']),
  )
})

test('a key of the owner hierarchy, whose TPM hides its counters, is held against nobody', {
  skip,
}, async (t) => {
  const tools = await startTools(t)
  boot(tools)
  const { run, path } = tools
  run('tpm2_createprimary', '-C', 'o', '-c', 'p.ctx', '-G', 'ecc')
  const signing = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign'
  run('tpm2_create', '-C', 'p.ctx', '-u', 'k.pub', '-r', 'k', '-G', 'ecc:ecdsa:null', '-a', signing)
  run('tpm2_load', '-C', 'p.ctx', '-u', 'k.pub', '-r', 'k', '-c', 'k.ctx')
  run('tpm2_quote', '-c', 'k.ctx', '-l', selection, '-q', nonce, '-m', 'm', '-s', 's', '-o', 'pcrs')
  const files = ['--quote', 'm', '--signature', 's', '--ak', 'k.pub', '--pcrs', 'pcrs'].map(
    (word) => (word.startsWith('--') ? word : path(word)),
  )
  const { code, out } = await tl(
    'appraise',
    ...files,
    '--nonce',
    nonce,
    '--event-log',
    log,
    '--json',
  )
  const { findings, counters, claims } = JSON.parse(out)
  assert.equal(code, 4)
  assert.deepEqual(
    findings.filter(({ severity }: any) => severity !== 'info').map(({ id }: any) => id),
    ['reference-values.missing'],
  )
  assert.ok(counters.restartCount > 0, 'it was resumed as often as the secret says')
  assert.equal(claims['boot-counter'].verified, false)
})

test('PCRs of two banks that tpm2_quote wrote come out as tpm2_pcrread prints them', {
  skip,
}, async (t) => {
  const { run, path } = await startTools(t)
  run('tpm2_pcrextend', `7:sha1=${'11'.repeat(20)},sha256=${'22'.repeat(32)}`)
  run('tpm2_createprimary', '-C', 'e', '-c', 'p.ctx', '-G', 'rsa')
  run('tpm2_create', '-C', 'p.ctx', '-u', 'k.pub', '-r', 'k.priv', '-G', 'rsa2048:rsassa:null')
  run('tpm2_load', '-C', 'p.ctx', '-u', 'k.pub', '-r', 'k.priv', '-c', 'k.ctx')
  const both = 'sha1:0,3,7,16+sha256:0,1,2,3,4,5,6,7,23'
  run('tpm2_quote', '-c', 'k.ctx', '-l', both, '-q', nonce, '-m', 'm', '-s', 's', '-o', 'pcrs')
  const printed = decodePcrValues(new TextEncoder().encode(run('tpm2_pcrread', both)))
  assert.deepEqual(decodePcrValues(Uint8Array.from(readFileSync(path('pcrs')))), printed)
  assert.deepEqual([...printed.keys()], ['sha1', 'sha256'])
})
