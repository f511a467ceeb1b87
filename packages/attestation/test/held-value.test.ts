import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, toHex, toUtf8 } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, type HashName } from '@trusted-launch/crypto'
import { type Bank, buildEventLog, EV, encodeEventLog, extend } from '@trusted-launch/eventlog'
import type { AppraisalInput } from '../src/appraisal-input.ts'
import { appraiseEvidence } from '../src/appraise.ts'
import { eventChecks } from '../src/event-checks.ts'
import { learnChange, withApproved } from '../src/learn-change.ts'
import { learnReferences } from '../src/learn-references.ts'
import { PROFILES, type Profile } from '../src/profile.ts'
import { checkReferenceValues } from '../src/reference-values.ts'
import type { ReferenceVariant } from '../src/reference-variant.ts'
import { quoteOf } from './attester.ts'
import { banks, cleanBoot, evidenceOf, type Step, signedModule, step, variantOf } from './boot.ts'

const measured = [{ name: '/lib/modules/6.1/good.ko', sha256: signedModule }]
const bootWithout = (pcr: number) => cleanBoot().filter(({ pcrIndex }) => pcrIndex !== pcr)

/** systemd's log of one word in this register. */
function told(pcr: number, string: string, eventType: string): Uint8Array {
  const digests = banks.map((hashAlg) => ({
    hashAlg,
    digest: toHex(digest(hashAlg, toUtf8(string))),
  }))
  return toUtf8(`\x1e${JSON.stringify({ pcr, digests, content: { string, eventType } })}\n`)
}

const logOf = (steps: readonly Step[]) => encodeEventLog(buildEventLog(banks as Bank[], steps))
/** What becomes of the log's part of a register: each tells otherwise what the same TPM holds. */
const logs: Readonly<Record<string, (pcr: number) => Partial<AppraisalInput['evidence']>>> = {
  'in the log': (pcr) => ({
    eventLog: logOf(bootWithout(pcr).toSpliced(-2, 0, step(pcr, EV.IPL, toUtf8(words(pcr))))),
  }),
  'in no log': () => ({}),
  'in the log of userspace': (pcr) => ({ userspaceLog: told(pcr, words(pcr), 'other') }),
  'as a phase': (pcr) => ({ userspaceLog: told(pcr, phase, 'phase') }),
}
const phase = 'enter-initrd'
const words = (pcr: number) => `a word in PCR ${pcr}`

function afterwards(
  bank: HashName,
  pcrs: AppraisalInput['evidence']['quotes'][number]['pcrs'],
  pcr: number,
  text: string,
) {
  const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
  return values.set(pcr, extend(bank, values.get(pcr)!, digest(bank, toUtf8(text))))
}

/** A machine whose register holds a word more, and evidence that tells of it so. */
function extended(pcr: number, log: string, profile: Profile): AppraisalInput {
  const input = evidenceOf(bootWithout(pcr), { measured: pcr === 10 ? [] : measured })
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    return quoteOf(bank, afterwards(bank, pcrs, pcr, log === 'as a phase' ? phase : words(pcr)))
  })
  const evidence = { ...input.evidence, quotes, ...logs[log]!(pcr) }
  const policy = { ...input.policy, claims: [] }
  return { ...input, evidence, policy, expectation: { ...input.expectation, profile } }
}

const valueIn = ({ evidence }: AppraisalInput, pcr: number, bank: HashName) =>
  toHex(evidence.quotes.find((one) => one.bank === bank)!.pcrs.find((p) => p.index === pcr)!.digest)

/** The variant of a boot that measures nothing there, with another word on that register. */
function pinned(pcr: number, register: ReferenceVariant['pcrs'][string]) {
  const variant = variantOf(bootWithout(pcr))
  const origins = [{ kind: 'hand', name: 'me', sha256: null }]
  const pcrs = { ...variant.pcrs, [pcr]: register }
  return checkReferenceValues({ version: 2, variants: [{ ...variant, origins, pcrs }] })
}
const all = (value: (bank: HashName) => string) =>
  Object.fromEntries(banks.map((bank) => [bank, value(bank)]))
const nothing = all((bank) => '00'.repeat(DIGEST_SIZE[bank]))
const loaders = [8, 9, 11, 12, 13, 14]

for (const profile of PROFILES)
  for (const log of Object.keys(logs))
    test(`a register that holds more than is foretold is refused, ${log} (${profile})`, () => {
      for (const pcr of [...loaders, 15])
        for (const events of [[], null]) {
          // userspace goes on there on each boot: what it measures is told, and nobody foretells it
          if (
            events !== null &&
            [11, 15].includes(pcr) &&
            log !== 'in the log' &&
            log !== 'in no log'
          )
            continue
          const references = pinned(pcr, { events, values: nothing })
          const { result } = appraiseEvidence({ ...extended(pcr, log, profile), references })
          assert.equal(result.tier, 'contraindicated', `PCR ${pcr}, ${events}`)
        }
    })

test('a value that is pinned alone is that which the TPM quotes, in each bank, whoever tells of it', () => {
  for (const profile of PROFILES)
    for (const log of Object.keys(logs))
      for (const pcr of [...loaders, 15]) {
        const input = extended(pcr, log, profile)
        const idsBy = (value: (bank: HashName) => string) => {
          const references = pinned(pcr, { events: null, values: all(value) })
          return appraiseEvidence({ ...input, references }).findings.map(({ id }) => id)
        }
        const right = (bank: HashName) => valueIn(input, pcr, bank)
        const about = `PCR ${pcr}, ${log}, ${profile}`
        const found = idsBy(right)
        assert.ok(!found.some((id) => id.endsWith('.changed')), `${about}: ${found}`)
        // of a log that is refused nothing is compared
        if (found.includes('pcr.unexplained') || found.includes('eventlog.replay')) continue
        for (const wrong of banks) {
          const ids = idsBy((bank) => (bank === wrong ? nothing[bank]! : right(bank)))
          assert.ok(
            ids.some((id) => id.endsWith('.changed')),
            `${about}, ${wrong}: ${ids}`,
          )
        }
      }
})

test('PCR 10 is judged by its list where nothing is foretold of it, and by its value where that is pinned', () => {
  const input = evidenceOf(cleanBoot(), { measured })
  const tierBy = (register: ReferenceVariant['pcrs'][string] | null) => {
    const variant = variantOf(cleanBoot())
    const pcrs = register === null ? variant.pcrs : { ...variant.pcrs, 10: register }
    return appraiseEvidence({
      ...input,
      references: { version: 2, variants: [{ ...variant, pcrs }] },
    }).result.tier
  }
  assert.equal(tierBy(null), 'affirming')
  assert.equal(tierBy({ events: [], values: nothing }), 'affirming')
  assert.equal(tierBy({ events: null, values: nothing }), 'contraindicated')
  const quoted = all((bank) => valueIn(input, 10, bank))
  assert.equal(tierBy({ events: null, values: quoted }), 'affirming')
})

test('a register without its log is learnt by its value, and its boot is then as expected', () => {
  const input = extended(15, 'in no log', 'pc-client')
  const pcrs = new Map(
    input.evidence.quotes.map(({ bank, pcrs: quoted }) => [
      bank,
      new Map(quoted.map(({ index, digest: value }) => [index, value])),
    ]),
  )
  const learnt = learnReferences(
    { ...input.evidence, pcrs, profile: 'pc-client' },
    { name: 'small', log: 'a log' },
  )
  assert.ok('approval' in learnt)
  const values = all((bank) => valueIn(input, 15, bank))
  assert.deepEqual(learnt.pcrs[15], { events: null, values })
  const references = withApproved(null, learnt)
  const { findings } = appraiseEvidence({ ...input, references })
  assert.deepEqual(
    findings.map(({ id }) => id).filter((id) => id.endsWith('.changed')),
    [],
  )
})

test('a boot whose value is another is learnt as a change, and as expected once that is approved', () => {
  for (const [pcr, log] of [
    [14, 'in the log'],
    [15, 'in no log'],
    [11, 'as a phase'],
    [12, 'in the log of userspace'],
  ] as const)
    for (const events of [null, ...(pcr === 11 ? [] : [[]])]) {
      const input = extended(pcr, log, 'pc-client')
      const references = pinned(pcr, { events, values: nothing })
      const change = learnChange({ ...input, references }, 'evidence 1')
      assert.ok(change !== null, `PCR ${pcr}`)
      const after = appraiseEvidence({
        ...input,
        references: withApproved(references, change.variant),
      })
      const ids = after.findings.map(({ id }) => id)
      assert.ok(!ids.some((id) => id.endsWith('.changed')), `PCR ${pcr}: ${ids}`)
    }
})

test('an event of a register that is pinned by its value is shown as foretold where the TPM holds that', () => {
  const section = step(11, EV.IPL, fromLatin1('.linux\0'))
  const boot = cleanBoot().toSpliced(-2, 0, section)
  const input = evidenceOf(boot)
  const quotes = input.evidence.quotes.map(
    ({ bank, pcrs }) => [bank, afterwards(bank, pcrs, 11, phase)] as const,
  )
  const logs = { ...input.evidence, userspaceLog: told(11, phase, 'phase') }
  const passedBy = (values: Readonly<Record<string, string>>) => {
    const variant = variantOf(boot)
    const pcrs = { ...variant.pcrs, 11: { events: null, values } }
    const checked = eventChecks(
      { ...logs, pcrs: new Map(quotes), profile: 'strict' },
      { ...variant, pcrs },
    )
    return checked[1 + boot.indexOf(section)]!.find(({ check }) => check === 41)?.passed
  }
  assert.equal(passedBy(all((bank) => toHex(new Map(quotes).get(bank)!.get(11)!))), true)
  assert.equal(passedBy(variantOf(boot).pcrs[11]!.values!), undefined)
})
