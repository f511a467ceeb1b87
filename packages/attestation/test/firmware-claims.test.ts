import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, decode, encode, fromLatin1, toHex } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  ACTION,
  buildEventLog,
  EV,
  encodeEventLog,
  type NewEvent,
  replay,
} from '@trusted-launch/eventlog'
import {
  databaseOf,
  parseSecureBootTemplate,
  SignatureDatabase,
  type TemplateSignature,
  UEFI_VARIABLE_DATA,
  VARIABLES,
} from '@trusted-launch/uefi'
import uefiCa from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import windows from '@trusted-launch/uefi/templates/microsoft-windows.json' with { type: 'json' }
import { appraiseEventLog } from '../src/appraise-event-log.ts'
import { PROFILES } from '../src/profile.ts'
import { isVariable, withStep } from './appraised.ts'
import { cleanBoot, configured, type Step } from './boot.ts'
import { given } from './given.ts'
import { act, appraise, before, measure, says, toldOtherwise } from './log-edit.ts'
import { events } from './recorded.ts'

/** The clean boot whose KEK and db hold these too. */
function withKeys(kek: readonly TemplateSignature[], db: readonly TemplateSignature[]): Step[] {
  const more = (steps: Step[], name: 'KEK' | 'db', signatures: readonly TemplateSignature[]) =>
    steps.map((step) => {
      if (step.eventType !== EV.EFI_VARIABLE_DRIVER_CONFIG) return step
      const { unicodeName, variableData } = decode(UEFI_VARIABLE_DATA, step.data)
      const lists = encode(SignatureDatabase, databaseOf(signatures))
      return unicodeName === name ? configured(VARIABLES[name], concat(lists, variableData)) : step
    })
  return more(more(cleanBoot(), 'KEK', kek), 'db', db)
}

const claimOf = (steps: readonly Step[], name: string) =>
  appraiseEventLog(given(steps)).claims[name]

test("Microsoft's authorities of 2011 and 2023 are told apart, by their certificates", () => {
  const [forWindows, forAll] = [windows, uefiCa].map(parseSecureBootTemplate)
  const told = claimOf(withKeys(forWindows!.KEK, forWindows!.db), 'microsoft-authorities')
  assert.deepEqual(told?.value, ['KEK 2011', 'KEK 2023', 'Windows 2011', 'Windows 2023'])
  assert.equal(told?.verified, true)
  const all = claimOf(withKeys([], forAll!.db), 'microsoft-authorities')
  assert.deepEqual(all?.value, ['UEFI 2011', 'UEFI 2023'])
  assert.deepEqual(claimOf(cleanBoot(), 'microsoft-authorities')?.value, [])
})

test('lists that cannot be read, or a variable that is not there, claim no authority', () => {
  for (const value of [Uint8Array.of(1), null]) {
    const put = value === null ? [] : [configured(VARIABLES.db, value)]
    const { value: told, verified } = claimOf(
      withStep(isVariable('db'), ...put),
      'microsoft-authorities',
    )!
    assert.deepEqual([told, verified], [null, false])
  }
})

function recorded(steps: readonly NewEvent[]) {
  const log = buildEventLog(['sha256'], steps)
  const values = [...replay(log, 'sha256').pcrs].map(([pcr, { value }]) => [pcr, value] as const)
  const pcrs = new Map([['sha256' as const, new Map(values)]])
  const logs = { eventLog: encodeEventLog(log), imaLog: null, userspaceLog: null }
  return appraiseEventLog({ ...logs, pcrs, profile: 'strict' }).claims
}

test('a real boot tells its disk, and what shim holds of keys and settings', () => {
  const claims = recorded(events)
  assert.deepEqual(claims['partition-table']?.value, {
    disk: '1f5d0c6b-7e2a-434c-a4d3-9c1be0f7d611',
    partitions: 1,
  })
  const state = claims['machine-owner-state']?.value as { digests: string[]; trusted: boolean }
  const one = toHex(digest('sha256', Uint8Array.of(1)))
  assert.deepEqual([state.digests.length, state.digests[2], state.trusted], [3, one, false])
})

/** As systemd's loader tags its configuration: the digest is of that, and the data says only what it is. */
const loaderTag = concat(
  Uint8Array.of(0x2a, 0x58, 0xbc, 0xf5, 11, 0, 0, 0),
  fromLatin1('loader.conf'),
)

test('of two partition tables, or of none that was measured, none is claimed', () => {
  const at = events.findIndex(({ eventType }) => eventType === EV.EFI_GPT_EVENT)
  const table = events[at]!
  const edited = { ...table, data: table.data.with(60, 1) }
  for (const steps of [events.toSpliced(at, 0, table), events.toSpliced(at, 1)])
    assert.equal(recorded(steps)['partition-table']?.verified, false)
  assert.equal(recorded(events.with(at, edited))['partition-table']?.verified, false)
})

test('of two partition tables none is claimed, whatever one of them is told as', () => {
  const at = events.findIndex(({ eventType }) => eventType === EV.EFI_GPT_EVENT)
  const table = events[at]!
  const other = measure(5, EV.EFI_GPT_EVENT, table.data.with(56, 0))
  const two: NewEvent[] = [...events.slice(0, at), other, ...events.slice(at)]
  const elsewhere = { ...other, eventType: EV.EVENT_TAG, data: loaderTag }
  for (const profile of PROFILES)
    for (const one of [...toldOtherwise(other), elsewhere]) {
      const told = two.map((step) => (step === other ? one : step))
      const { claims } = appraise(told, two, profile)
      assert.notEqual(claims['partition-table']?.verified, true, `${one.eventType} ${one.data}`)
    }
})

test('beside one partition table texts are no other; what nobody knows may be one', () => {
  const isEnd = says(ACTION.exitBootServicesInvocation)
  const claimed = (more: NewEvent) => {
    const steps = before(isEnd, more)([...events])
    return appraise(steps, steps, 'pc-client').claims['partition-table']?.verified
  }
  assert.equal(claimed(act(5, 'a note of the firmware')), true)
  assert.equal(claimed(measure(5, EV.EFI_GPT_EVENT, Uint8Array.of(1, 2, 3))), false)
  const loader = measure(5, EV.EVENT_TAG, fromLatin1('timeout 3'))
  assert.equal(claimed({ ...loader, data: loaderTag }), false)
})
