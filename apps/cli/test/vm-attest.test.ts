import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { Evidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { ScriptedHost } from '@trusted-launch/service'
import { good, json, signedIn } from './a-control-plane.ts'
import { newAuthority, recordedInput } from './a-record.ts'
import { fileOf, newFolder, tl } from './a-run.ts'

/** A host whose VM answers with a recorded boot: genuine, but of another time, and no answer to the nonce that is asked. */
class ReplayingHost extends ScriptedHost {
  readonly #input = recordedInput(newAuthority('the host'))
  readonly #references: Uint8Array

  constructor(references: Uint8Array) {
    super({ boot: () => ({ kind: 'agent', version: '1.0.0' }) })
    this.#references = references
  }

  override async facts() {
    const { generation, akName, retiredAkNames, machine, anchors } = this.#input.expectation
    const expectation = { vm: 'vm-golden', generation, akName, retiredAkNames, machine, anchors }
    return { expectation, references: this.#references } as never
  }

  override async collectEvidence(): Promise<Evidence> {
    return this.#input.evidence
  }
}

/** Learnt from the recorded boot's own log. */
async function references(): Promise<Uint8Array> {
  const { evidence } = recordedInput(newAuthority('another'))
  const values = evidence.quotes[0]!.pcrs.map(({ index, digest }) => [index, toHex(digest)])
  const pcrs = fileOf('pcrs.json', JSON.stringify({ sha256: Object.fromEntries(values) }))
  const log = fileOf('log.bin', evidence.eventLog!)
  const file = join(newFolder(), 'references.json')
  await good('reference-values', 'from-log', log, '--pcrs', pcrs, '--out', file)
  return Uint8Array.from(readFileSync(file))
}

test('a verdict is told in words, its tier is the exit code, and its record is appraised again alike', async (t) => {
  await signedIn(t, new ReplayingHost(await references()))
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const record = join(newFolder(), 'web.json')
  const { code, out } = await tl('vm', 'attest', 'web', '--record', record)
  assert.equal(code, 3, out)
  assert.match(out, /^VM vm-golden, generation 1, appraised /)
  assert.match(out, /^high {2}\S.*\.$/m)
  assert.match(out, /\ncontraindicated\n$/)
  const { findings, tier } = JSON.parse((await tl('vm', 'attest', 'web', '--json')).out)
  assert.equal(tier, 'contraindicated')
  const again = await tl('appraise', record, '--inner', '--json')
  assert.equal(again.code, 3)
  assert.deepEqual(JSON.parse(again.out).findings, findings)
  assert.equal((await json('vm', 'show', 'web')).properties.provisioningState, 'Succeeded')
})
