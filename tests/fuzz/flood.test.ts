import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { appraiseEventLog, decodePcrValues } from '@trusted-launch/attestation'
import { IMA_LOG_BYTES_MAX } from '@trusted-launch/channel'
import { concat, encode } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import {
  buildEventLog,
  decodeImaList,
  EV,
  encodeEventLog,
  encodeImaList,
  extend,
  replay,
} from '@trusted-launch/eventlog'
import {
  GUIDS,
  SignatureDatabase,
  sha256List,
  UEFI_VARIABLE_DATA,
  VARIABLES,
} from '@trusted-launch/uefi'

const bank = 'sha256' as const
const boot = (name: string) =>
  Uint8Array.from(
    readFileSync(
      new URL(`../../packages/eventlog/testdata/small-secure-boot/${name}`, import.meta.url),
    ),
  )

test('a list of as many entries as evidence may hold ends in a verdict, and in one of bounded size', () => {
  const own = boot('ima-list')
  const nothing = new Uint8Array()
  const entry = {
    ...{ pcrIndex: 10, templateHash: digest('sha1', nothing), templateName: 'x' },
    ...{ templateData: nothing, violation: false },
  }
  const count = Math.floor((IMA_LOG_BYTES_MAX - own.length) / encodeImaList([entry]).length)
  const imaLog = encodeImaList([
    ...decodeImaList(own),
    ...Array.from({ length: count }, () => entry),
  ])
  const pcrs = new Map(decodePcrValues(boot('pcrs.json')).get(bank)!)
  let value = pcrs.get(10)!
  for (let i = 0; i < count; i++) value = extend(bank, value, digest(bank, nothing))
  const logs = { eventLog: boot('event-log'), imaLog, userspaceLog: null }
  const input = { ...logs, pcrs: new Map([[bank, pcrs.set(10, value)] as const]) }
  const { verified, findings } = appraiseEventLog({ ...input, profile: 'strict' })
  assert.equal(verified, true)
  assert.ok(count > 120_000 && JSON.stringify(findings).length < 1 << 20)
})

test('a log of as many authorities as fit, and a db of as many entries, is told in time', () => {
  const count = 3000
  const measure = (eventType: number, variableData: Uint8Array) => {
    const { guid, name } = VARIABLES.db
    const data = encode(UEFI_VARIABLE_DATA, { variableName: guid, unicodeName: name, variableData })
    return { pcrIndex: 7, eventType, data, digests: new Map([[bank, digest(bank, data)] as const]) }
  }
  const entries = Array.from({ length: count }, (_, i) => digest(bank, Uint8Array.of(i, i >> 8)))
  const db = encode(SignatureDatabase, [sha256List(GUIDS.SHIM_LOCK_GUID, entries)])
  const log = buildEventLog(
    [bank],
    [
      measure(EV.EFI_VARIABLE_DRIVER_CONFIG, db),
      ...entries.map((entry) =>
        measure(EV.EFI_VARIABLE_AUTHORITY, concat(new Uint8Array(17), entry)),
      ),
    ],
  )
  const pcrs = new Map([...replay(log, bank).pcrs].map(([pcr, { value }]) => [pcr, value]))
  const logs = { eventLog: encodeEventLog(log), imaLog: null, userspaceLog: null }
  const started = performance.now()
  const { findings } = appraiseEventLog({
    ...logs,
    pcrs: new Map([[bank, pcrs]]),
    profile: 'strict',
  })
  const ms = performance.now() - started
  assert.ok(findings.some(({ id }) => id === 'secure-boot.authority.foreign'))
  // 8 s when each authority was looked for in a db that was read again for it
  assert.ok(ms < 2000, `${ms} ms`)
})
