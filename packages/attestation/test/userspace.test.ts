import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromHex, toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { extend } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import { CLAIM_NAMES } from '../src/claim-names.ts'
import { idsOf } from './appraised.ts'
import { quoteOf } from './attester.ts'
import { cleanBoot, evidenceOf } from './boot.ts'

const input = evidenceOf(cleanBoot())
const phase = toUtf8('enter-initrd')

/** systemd's log of one phase in this PCR, with its digests in these banks. */
const logOf = (pcr: number, banks: readonly HashName[]) => {
  const digests = banks.map((hashAlg) => ({ hashAlg, digest: toHex(digest(hashAlg, phase)) }))
  const content = { string: 'enter-initrd', bootId: '0f', timestamp: 1, eventType: 'phase' }
  return toUtf8(`\x1e${JSON.stringify({ pcr, digests, content_type: 'systemd', content })}\n`)
}

/** The evidence of a VM that extended this PCR by that phase, with this log of it. */
function after(pcr: number, userspaceLog: Uint8Array | null) {
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
    return quoteOf(bank, values.set(pcr, extend(bank, values.get(pcr)!, digest(bank, phase))))
  })
  return appraiseEvidence({ ...input, evidence: { ...input.evidence, userspaceLog, quotes } })
}

const both = ['sha256', 'sha384'] as const

test("systemd's log may go on in its own registers, and only there; nothing judges it, and that is told", () => {
  for (const pcr of [11, 12, 13, 15]) {
    const { result } = after(pcr, logOf(pcr, both))
    const told = result.findings
      .filter(({ id }) => id !== 'policy.requirement')
      .map((finding) => [finding.id, finding.pcr])
    // A phase of the boot in its own register is what every boot has; PCR 12 and 13 are foretold, whoever measures there.
    const changed = { 12: 'kernel-command-line.changed', 13: 'boot-chain.changed' }[pcr]
    const wanted = [...(changed === undefined ? [] : [changed]), 'userspace-log.unjudged']
    assert.deepEqual(told, pcr === 11 ? [] : wanted.map((id) => [id, pcr]))
    const others = pcr === 15 ? 'warning' : 'contraindicated'
    assert.equal(result.tier, pcr === 11 ? 'affirming' : others)
    const phases = pcr === 11 ? ['enter-initrd'] : null
    const events: number[] = []
    const claim = { value: phases, verified: pcr === 11, events }
    assert.deepEqual(result.claims['boot-phases'], claim)
  }
  for (const pcr of [0, 4, 7, 8, 9, 14])
    assert.deepEqual(idsOf(after(pcr, logOf(pcr, both))), ['eventlog.replay'])
  assert.deepEqual(idsOf(after(10, logOf(10, both))), ['ima.replay'])
  assert.deepEqual(idsOf(after(23, logOf(23, both))), ['pcr.unexplained'])
})

test('an extended register without its log, with another or with half of one is not affirmed', () => {
  for (const log of [null, logOf(12, both)]) {
    const appraised = after(11, log)
    assert.deepEqual(idsOf(appraised), ['pcr.unexplained'])
    assert.equal(appraised.result.tier, 'contraindicated')
  }
  const half = after(11, logOf(11, ['sha256']))
  assert.deepEqual(idsOf(half), ['pcr.unexplained'])
  assert.match(half.findings[0]!.summary, /sha384/)
  assert.deepEqual(idsOf(after(11, toUtf8('no log'))), ['userspace-log.malformed'])
})

const folder = join(import.meta.dirname, '../../eventlog/testdata/systemd-257-phases')
const recorded = readFileSync(join(folder, 'userspace-log'), 'utf8')
const stated = JSON.parse(readFileSync(join(folder, 'pcrs.json'), 'utf8'))
const lines = recorded.split(/(?<=\n)/)

/** The clean boot, whose PCR 11 and 15 then went through what a systemd wrote down, with this log of it. */
function afterSystemd(log: string, change: (banks: typeof stated) => void = () => {}) {
  const banks = structuredClone(stated)
  change(banks)
  const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
    const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
    for (const [pcr, value] of Object.entries<string>(banks[bank])) values.set(+pcr, fromHex(value))
    return quoteOf(bank, values)
  })
  const userspaceLog = toUtf8(log)
  return appraiseEvidence({ ...input, evidence: { ...input.evidence, userspaceLog, quotes } })
}

test('what systemd 257 measured is verified and its phases claimed; what nothing foretells is told', () => {
  const { result } = afterSystemd(recorded)
  assert.deepEqual(
    result.findings.map(({ id, pcr }) => [id, pcr]),
    [['userspace-log.unjudged', 15]],
  )
  const phases = ['enter-initrd', 'leave-initrd', 'sysinit', 'ready']
  assert.ok(CLAIM_NAMES.includes('boot-phases'), 'a policy may speak of it')
  assert.deepEqual(result.claims['boot-phases'], { value: phases, verified: true, events: [] })
})

test('a phase that is told as something else leaves none that is claimed', () => {
  const hidden = afterSystemd(recorded.replace('"eventType":"phase"', '"eventType":"other"'))
  assert.equal(hidden.result.claims['boot-phases']?.verified, false)
  assert.ok(idsOf(hidden).every((id) => id === 'userspace-log.unjudged'))
})

test('what was measured as something else and is told as a phase leaves none that is claimed', () => {
  const text = 'a word of somebody'
  const told = (eventType: string) => {
    const digests = both.map((hashAlg) => ({
      hashAlg,
      digest: toHex(digest(hashAlg, toUtf8(text))),
    }))
    const word = `\x1e${JSON.stringify({ pcr: 11, digests, content: { string: text, eventType } })}\n`
    const more = (banks: typeof stated) => {
      for (const bank of both)
        banks[bank]['11'] = toHex(
          extend(bank, fromHex(banks[bank]['11']), digest(bank, toUtf8(text))),
        )
    }
    return afterSystemd(recorded + word, more).result.claims['boot-phases']?.verified
  }
  assert.deepEqual([told('other'), told('phase')], [false, false])
})

test('a copy of it that lacks a record, or has them in another order or twice, is refused', () => {
  const [first, second, ...rest] = lines
  for (const copy of [
    ...lines.map((_, i) => lines.toSpliced(i, 1)),
    [second!, first!, ...rest],
    [first!, first!, second!, ...rest],
    [],
  ]) {
    const { result } = afterSystemd(copy.join(''))
    assert.equal(result.tier, 'contraindicated')
    assert.equal(result.claims['boot-phases'], undefined)
  }
})

test('a copy of it in which one word was changed is refused: its text, or its digest', () => {
  const ids = (log: string) => idsOf(afterSystemd(log))
  assert.deepEqual(ids(recorded.replace('"string":"ready"', '"string":"final"')), [
    'userspace-log.data',
    'userspace-log.unjudged',
    'userspace-log.unjudged',
  ])
  const phases = afterSystemd(recorded.replace('"string":"ready"', '"string":"final"'))
  assert.deepEqual(phases.claims['boot-phases']?.value, ['enter-initrd', 'leave-initrd', 'sysinit'])
  const [{ digests }] = [JSON.parse(lines[0]!.slice(1))]
  for (const { hashAlg, digest: value } of digests) {
    const changed = recorded.replace(
      value,
      value.replace(/^./, (one: string) => (one === '0' ? '1' : '0')),
    )
    const quoted = hashAlg === 'sha256' || hashAlg === 'sha384'
    assert.equal(afterSystemd(changed).result.tier, quoted ? 'contraindicated' : 'warning', hashAlg)
  }
})

test('phases out of their turn are told, though a TPM agrees', () => {
  const phase = (string: string) => {
    const digests = both.map((hashAlg) => ({
      hashAlg,
      digest: toHex(digest(hashAlg, toUtf8(string))),
    }))
    return `\x1e${JSON.stringify({ pcr: 11, digests, content: { string, eventType: 'phase' } })}\n`
  }
  const told = (...phases: string[]) => {
    const quotes = input.evidence.quotes.map(({ bank, pcrs }) => {
      const values = new Map(pcrs.map(({ index, digest: value }) => [index, value]))
      for (const text of phases)
        values.set(11, extend(bank, values.get(11)!, digest(bank, toUtf8(text))))
      return quoteOf(bank, values)
    })
    const userspaceLog = toUtf8(phases.map(phase).join(''))
    return idsOf(
      appraiseEvidence({ ...input, evidence: { ...input.evidence, userspaceLog, quotes } }),
    )
  }
  assert.deepEqual(told('sysinit', 'ready'), [])
  assert.deepEqual(told('ready', 'sysinit'), ['userspace-log.phase'])
  assert.deepEqual(told('sysinit', 'sysinit'), ['userspace-log.phase'])
  assert.deepEqual(told('enter-initrd', 'a phase of my own'), ['userspace-log.phase'])
})
