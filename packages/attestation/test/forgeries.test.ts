import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, MalformedError, toHex, toUtf8, toUtf16le } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import {
  type Bank,
  buildEventLog,
  decodeImaList,
  EV,
  encodeEventLog,
  encodeImaList,
  encodeTemplateData,
  extend,
  replay,
  replayIma,
} from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import type { FindingId } from '../src/finding-table.ts'
import { tierOfFindings } from '../src/result.ts'
import { idsOf, of, withStep } from './appraised.ts'
import { akCertificate, inputOf, quoteOf, rollbackOf, valuesOf } from './attester.ts'
import {
  banks,
  cleanBoot,
  evidenceOf,
  file,
  grub,
  referencesOf,
  type Step,
  variantOf,
} from './boot.ts'

/**
 * Evidence that is genuine to the last signature and yet must not be affirmed: what it leaves out, or
 * puts where nobody looks. Each with the finding that says so.
 */
const forgeries: Record<string, [id: FindingId, make: () => AppraisalInput]> = {
  'a question for SHA-1 alone': ['question.banks', sha1Alone],
  'a bank asked for twice': ['question.banks', bankTwice],
  'a PCR asked for that never is': ['question.pcrs', onePcrMore],
  "another VM's name beside the key on record": [
    'attestation-key.certificate.other-vm',
    () => expecting({ vm: 'vm-2' }),
  ],
  'another generation beside the key on record': [
    'attestation-key.certificate.other-vm',
    () => expecting({ generation: 2 }),
  ],
  'a certificate that is its own anchor': [
    'attestation-key.certificate.untrusted',
    () => expecting({ anchors: [akCertificate] }),
  ],
  "a GRUB command logged as the kernel's command line, and that as a command": [
    'kernel-command-line.disguised',
    () => evidenceOf(relabelled(cleanBoot())),
  ],
  'the same where no command of GRUB tells which line is which': [
    'kernel-command-line.disguised',
    () => {
      const boot = withStep(of('grub.cfg', 8), grub('boot'))
      return { ...evidenceOf(relabelled(boot)), references: referencesOf(boot) }
    },
  ],
  'a firmware version in one bank only': ['firmware.changed', otherVersion],
  'a vTPM that was resumed': ['quote.restarted', resumed],
  'an index certified in another boot': ['quote.counters', indexOfAnotherBoot],
  'reference values that pin nothing': [
    'reference-values.incomplete',
    () => ({ ...evilInitrd(), references: referencesOf(cleanBoot(), { pcrs: {} }) }),
  ],
  'reference values without the register of the initrd': [
    'reference-values.incomplete',
    () => ({ ...evilInitrd(), references: withoutPcr('9') }),
  ],
  'a module where no list says which are signed': ['reference-values.modules', unjudgedModule],
  'no IMA list where the signed modules are known': ['ima.missing', unmeasured],
  'an IMA list beside a PCR 10 at its start': [
    'ima.replay',
    () => changed(unmeasured(), { imaLog: clean().evidence.imaLog }),
  ],
  'an IMA list, and one bank whose PCR 10 is at its start': [
    'ima.replay',
    () => requoted(clean(), 10, (bank, value) => (bank === 'sha256' ? new Uint8Array(32) : value)),
  ],
  'an IMA entry of another register': ['ima.register', imaElsewhere],
  'an IMA list that begins with a violation': ['ima.boot-aggregate', violatedAggregate],
  'a userspace log that no PCR agrees with': [
    'userspace-log.replay',
    () => changed(clean(), { userspaceLog: userspaceLog(15) }),
  ],
  'a PCR 0 that starts at locality 3': [
    'eventlog.start',
    () => first(EV.NO_ACTION, 'StartupLocality\0\x03'),
  ],
  'a PCR 0 that a hardware root began': [
    'eventlog.start',
    () => first(EV.EFI_HCRTM_EVENT, 'HCRTM'),
  ],
  "a stub's command line beside GRUB's": [
    'kernel-command-line.changed',
    () => more(12, EV.IPL, toUtf16le('init=/bin/sh\0')),
  ],
  "a stub's command line beside GRUB's, compared with nothing": [
    'kernel-command-line.count',
    () => ({ ...more(12, EV.IPL, toUtf16le('init=/bin/sh\0')), references: null }),
  ],
}

const nobodys = toUtf8('nobody foretold this')
const firmwareTypes = ['EFI_ACTION', 'CPU_MICROCODE', 'EFI_VARIABLE_BOOT', 'POST_CODE'] as const
for (const pcr of [0, 1, 2, 3, 6])
  for (const type of firmwareTypes)
    forgeries[`EV_${type} in PCR ${pcr} after its separator`] = [
      'eventlog.after-separator',
      () => more(pcr, EV[type], nobodys),
    ]
for (const pcr of [0, 1, 6])
  for (const bank of banks)
    forgeries[`another end of PCR ${pcr} in ${bank} only`] = [
      'eventlog.data',
      () => otherEnd(pcr, bank),
    ]
for (const pcr of [11, 12, 13, 15])
  for (const type of ['IPL', 'EVENT_TAG'] as const)
    forgeries[`EV_${type} in PCR ${pcr}`] = [
      pcr === 12 ? 'kernel-command-line.changed' : 'boot-chain.changed',
      () => more(pcr, EV[type], nobodys),
    ]
for (const pcr of [16, 17, 22, 23])
  forgeries[`an event in PCR ${pcr}`] = ['eventlog.type', () => more(pcr, EV.IPL, nobodys)]
for (const pcr of [11, 12, 13, 15])
  forgeries[`a PCR ${pcr} that only userspace explains`] = [
    'userspace-log.unjudged',
    () => changed(extended(pcr), { userspaceLog: userspaceLog(pcr) }),
  ]

for (const [title, [id, make]] of Object.entries(forgeries))
  test(`${title} is not affirmed: ${id}`, () => {
    const appraised = appraiseEvidence(make())
    assert.ok(idsOf(appraised).includes(id), idsOf(appraised).join(' ') || 'no finding')
    assert.notEqual(appraised.result.tier, 'affirming')
  })

test('a policy of unknown rules, or of none, gives no verdict, however it was made', () => {
  for (const rules of [{}, { constructor: 'info' }, { 'secure-boot-on': 'none' }])
    assert.throws(
      () =>
        appraiseEvidence({
          ...clean(),
          policy: { version: 2, id: 'made', rules, claims: [] } as never,
        }),
      MalformedError,
    )
  const finding = appraiseEvidence(evilInitrd()).findings[0]!
  assert.equal(tierOfFindings([{ ...finding, severity: 'none' as never }]), 'contraindicated')
})

test('what the forgeries are made of is affirmed', () => {
  assert.deepEqual(appraiseEvidence(clean()).findings, [])
})

function clean(): AppraisalInput {
  return evidenceOf(cleanBoot())
}

function unmeasured(): AppraisalInput {
  return evidenceOf(cleanBoot(), { measured: null })
}

function changed(input: AppraisalInput, by: Partial<AppraisalInput['evidence']>): AppraisalInput {
  return { ...input, evidence: { ...input.evidence, ...by } }
}

/** GRUB's prefixes are not measured: the quoted PCR is the genuine one. */
function relabelled(boot: readonly Step[]): Step[] {
  const as = (prefix: string, { data, ...step }: Step, { length }: { length: number }) => ({
    ...step,
    data: Uint8Array.of(...fromLatin1(prefix), ...data.subarray(length)),
  })
  return boot.map((step) => {
    if (of('kernel command line', 8)(step)) return as('grub_cmd: ', step, 'kernel_cmdline: ')
    return of('grub.cfg', 8)(step) ? as('kernel_cmdline: ', step, 'grub_cmd: ') : step
  })
}

/** The strongest bank is as learnt. */
function otherVersion(): AppraisalInput {
  const [version, ...steps] = cleanBoot()
  const digests = new Map(version!.digests).set('sha256', digest('sha256', nobodys))
  return evidenceOf([{ ...version!, digests }, ...steps])
}

/** The last event of this PCR measured something else in one bank. */
function otherEnd(pcr: number, bank: HashName): AppraisalInput {
  const steps = cleanBoot()
  const at = steps.findLastIndex(({ pcrIndex }) => pcrIndex === pcr)
  const digests = new Map(steps[at]!.digests).set(bank, digest(bank, nobodys))
  return evidenceOf(steps.with(at, { ...steps[at]!, digests }))
}

function resumed(): AppraisalInput {
  const input = clean()
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) =>
    quoteOf(bank, new Map(pcrs.map(({ index, digest: value }) => [index, value])), {
      restartCount: 1,
    }),
  )
  return changed(input, { quotes })
}

/** Another copy of the same vTPM may be ahead: what it certifies says nothing of the one quoted. */
function indexOfAnotherBoot(): AppraisalInput {
  const own = digest('sha256', nobodys)
  const state = { indexName: null, value: null, unanswered: [], resetCount: null }
  const input = expecting({ rollback: { nonce: own, state } })
  return changed(input, { rollback: rollbackOf([own], { resetCount: 4 }) })
}

function expecting(given: Partial<AppraisalInput['expectation']>): AppraisalInput {
  const input = clean()
  return { ...input, expectation: { ...input.expectation, ...given } }
}

/** The clean boot with one event more at its end. */
function more(pcrIndex: number, eventType: number, data: Uint8Array): AppraisalInput {
  return evidenceOf([...cleanBoot(), stepOf(pcrIndex, eventType, data)])
}

/** The clean boot with one event more at its beginning. */
function first(eventType: number, text: string): AppraisalInput {
  return evidenceOf([stepOf(0, eventType, fromLatin1(text)), ...cleanBoot()])
}

function stepOf(pcrIndex: number, eventType: number, data: Uint8Array): Step {
  const digests = new Map(banks.map((bank) => [bank as Bank, digest(bank, data)]))
  return { pcrIndex, eventType, data, digests, component: '', description: '', path: null }
}

function evilInitrd(): AppraisalInput {
  return evidenceOf(withStep(of('initrd', 9), file('initrd', 'evil', '/initrd.img')))
}

function withoutPcr(pcr: string) {
  const { [pcr]: _, ...pcrs } = variantOf(cleanBoot()).pcrs
  return referencesOf(cleanBoot(), { pcrs })
}

function unjudgedModule(): AppraisalInput {
  const kernel = { commandLine: null, modules: null }
  const measured = [{ name: '/evil.ko', sha256: digest('sha256', nobodys) }]
  return evidenceOf(cleanBoot(), {
    measured,
    references: referencesOf(cleanBoot(), { kernel }),
  })
}

/** Quotes of these values changed in one PCR, signed by the AK. */
function requoted(
  input: AppraisalInput,
  pcr: number,
  change: (bank: HashName, value: Uint8Array) => Uint8Array,
): AppraisalInput {
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
    return quoteOf(bank, values.set(pcr, change(bank, values.get(pcr)!)))
  })
  return changed(input, { quotes })
}

function extended(pcr: number): AppraisalInput {
  return requoted(clean(), pcr, (bank, value) => extend(bank, value, digest(bank, nobodys)))
}

function userspaceLog(pcr: number): Uint8Array {
  const digests = banks.map((hashAlg) => ({ hashAlg, digest: toHex(digest(hashAlg, nobodys)) }))
  return toUtf8(`\x1e${JSON.stringify({ pcr, digests })}\n`)
}

function imaElsewhere(): AppraisalInput {
  const input = clean()
  const templateData = encodeTemplateData(
    { algorithm: 'sha256', digest: digest('sha256', nobodys) },
    '/evil.ko',
  )
  const entry = {
    pcrIndex: 11,
    templateHash: digest('sha1', templateData),
    templateName: 'ima-ng',
    templateData,
    violation: false,
  }
  const imaLog = encodeImaList([entry, ...decodeImaList(input.evidence.imaLog!)])
  return changed(input, { imaLog })
}

/** Its digest is of ones, so its data may say anything. */
function violatedAggregate(): AppraisalInput {
  const [aggregate] = decodeImaList(clean().evidence.imaLog!)
  const list = [{ ...aggregate!, violation: true, templateHash: new Uint8Array(20) }]
  const input = changed(unmeasured(), { imaLog: encodeImaList(list) })
  return requoted(
    input,
    10,
    (bank, start) => replayIma(decodeImaList(encodeImaList(list)), bank, start, { start }).value,
  )
}

function sha1Alone(): AppraisalInput {
  const steps = cleanBoot().map((step) => {
    const digests = new Map([['sha1' as const, digest('sha1', step.data)]])
    return { ...step, digests }
  })
  const log = buildEventLog(['sha1'], steps)
  const values = [...replay(log, 'sha1').pcrs].map(([pcr, { value }]) => [pcr, value] as const)
  return inputOf([quoteOf('sha1', valuesOf('sha1', new Map(values)))], encodeEventLog(log))
}

function bankTwice(): AppraisalInput {
  const { evidence, expectation, ...rest } = clean()
  const quotes = evidence.quotes.slice(0, 1)
  return {
    ...rest,
    evidence: { ...evidence, quotes },
    expectation: { ...expectation, banks: ['sha256', 'sha256'] },
  }
}

function onePcrMore(): AppraisalInput {
  const { evidence, expectation, ...rest } = clean()
  const quotes = evidence.quotes.map(({ bank, pcrs }) => {
    const values = pcrs.map(({ index, digest: value }) => [index, value] as const)
    return quoteOf(bank, new Map([...values, [16, new Uint8Array(values[0]![1].length)]]))
  })
  const pcrs = [...expectation.pcrs, 16]
  return { ...rest, evidence: { ...evidence, quotes }, expectation: { ...expectation, pcrs } }
}
