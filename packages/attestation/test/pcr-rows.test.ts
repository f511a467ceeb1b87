import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest, type HashName } from '@trusted-launch/crypto'
import { extend } from '@trusted-launch/eventlog'
import { appraiseEventLog, type EventLogInput } from '../src/appraise-event-log.ts'
import { pcrRows } from '../src/pcr-rows.ts'
import { PROFILES, type Profile } from '../src/profile.ts'
import { banks, cleanBoot } from './boot.ts'
import { given } from './given.ts'

const word = toUtf8('enter-initrd')
const digests = banks.map((hashAlg) => ({ hashAlg, digest: toHex(digest(hashAlg, word)) }))
const content = { string: 'enter-initrd', eventType: 'phase' }
const phases = toUtf8(`\x1e${JSON.stringify({ pcr: 11, digests, content })}\n`)

/** The clean boot on a machine whose registers were then extended, each by the same word. */
function extended(pcrs: readonly number[], profile: Profile): EventLogInput {
  const input = given(cleanBoot(), profile)
  const after = (bank: HashName, values: ReadonlyMap<number, Uint8Array>) =>
    [...values].map(([pcr, value]) => {
      const held = pcrs.includes(pcr) ? extend(bank, value, digest(bank, word)) : value
      return [pcr, held] as const
    })
  const all = [...input.pcrs].map(([bank, values]) => [bank, new Map(after(bank, values))] as const)
  return { ...input, pcrs: new Map(all) }
}

const verdicts = (input: EventLogInput) => {
  const rows = pcrRows(appraiseEventLog(input), input)
  return new Map(rows.map(({ pcr, verdict }) => [pcr, verdict]))
}

test('a register is equal only where the logs give what it holds, whatever logs there are', () => {
  for (const profile of PROFILES)
    for (const userspaceLog of [null, phases, toUtf8('no log')])
      for (const imaLog of [null, toUtf8('no list')]) {
        const input = { ...extended([9, 10, 11, 12, 13, 15, 23], profile), userspaceLog, imaLog }
        const found = verdicts(input)
        const isGiven = userspaceLog === phases && imaLog === null
        const about = `${profile} ${userspaceLog} ${imaLog}`
        assert.equal(found.get(11), isGiven ? 'equal' : 'not explained', about)
        for (const pcr of [10, 12, 13, 15, 23])
          assert.equal(found.get(pcr), 'not explained', `${about}: PCR ${pcr}`)
        assert.deepEqual([found.get(9), found.get(4)], ['different', 'equal'], about)
      }
})
