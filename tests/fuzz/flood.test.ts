import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { appraiseEventLog, decodePcrValues } from '@trusted-launch/attestation'
import { IMA_LOG_BYTES_MAX } from '@trusted-launch/channel'
import { digest } from '@trusted-launch/crypto'
import { decodeImaList, encodeImaList, extend } from '@trusted-launch/eventlog'

const bank = 'sha256'
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
