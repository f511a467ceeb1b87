import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import type { Evidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { DriftedHost } from '../../service/test/a-drifted-host.ts'
import { AttestingHost } from '../../service/test/an-attesting-host.ts'
import { withService } from '../src/service/with-service.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { newAuthority, pemOf, recordedInput } from './a-record.ts'
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
    return { expectation, references: this.#references, host: null, starts: null } as never
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
  const made = await good('vm', 'create', '--name', 'web', '--image', 'small')
  assert.match(made.out, /^web is unhealthy: \S.*[^.]; tl vm attest web --last tells all$/m)
  assert.match((await good('vm', 'list')).out, /^web +default +running +unhealthy /m)
  const record = join(newFolder(), 'web.json')
  const { code, out } = await tl('vm', 'attest', 'web', '--export', record)
  assert.equal(code, 3, out)
  assert.match(out, /^VM vm-golden, generation 1, appraised /)
  assert.match(out, /^high {2}\S.*\.$/m)
  assert.match(
    out,
    /\ncontraindicated\nsince \d{4}-\S+Z: attestation key\nnext {2}tl (?:alert show \w{8}|recommendation list web)\n$/,
  )
  const last = await tl('vm', 'attest', 'web', '--last', '--json')
  const { findings, tier } = JSON.parse(last.out)
  assert.deepEqual([last.code, tier], [3, 'contraindicated'])
  const again = await tl('appraise', record, '--json')
  assert.equal(again.code, 3)
  assert.deepEqual(JSON.parse(again.out).findings, findings)
  assert.equal((await json('vm', 'show', 'web')).properties.provisioningState, 'Succeeded')
})

test('an affirming record of the control plane is affirmed again without it, and by nobody who does not believe it', async (t) => {
  const host = new AttestingHost()
  const { service, config } = await signedIn(t, host)
  const made = await good('vm', 'create', '--name', 'web', '--image', 'small')
  assert.match(made.out, /^web is healthy: the verifier checked its boot, and all is as foretold$/m)
  assert.match((await good('vm', 'show', 'web')).out, /^integrity +healthy$/m)
  const nowhere = await tl('vm', 'attest', 'web', '--export', '/nowhere/at/all/web.json')
  assert.deepEqual([nowhere.code, nowhere.out], [1, ''])
  assert.match(nowhere.err, /^tl: cannot write .*: there is no folder \/nowhere\/at\/all; name/)
  const record = join(newFolder(), 'web.json')
  const asked = await good('vm', 'attest', 'web', '--export', record)
  assert.match(asked.err, /attesting web/)
  assert.match(asked.out, /\naffirming\nsince \d{4}-\S+Z\n$/)
  const fresh = JSON.parse((await good('vm', 'attest', 'web', '--json')).out)
  const exported = JSON.parse(readFileSync(record, 'utf8')).record.result
  assert.notEqual(fresh.nonce, exported.nonce)
  assert.equal((await tl('evidence', 'list', 'web', '--json')).out.match(/"tier"/g)?.length, 3)
  await service.close()
  const again = await good('appraise', record)
  assert.match(again.out, /\naffirming\n$/)
  const trust = join(config, 'trusted-launch/trust')
  for (const kind of ['anchors', 'signers']) {
    for (const name of readdirSync(trust))
      if (name.endsWith(`.${kind}.pem`)) writeFileSync(join(trust, name), otherPem(kind))
    assert.notEqual((await tl('appraise', record)).code, 0, kind)
  }
})

test('a failure before a good verdict is told with what clears it: its alert, or, without one, a reason', async (t) => {
  const host = new DriftedHost()
  await signedIn(t, host)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const { id } = await json('vm', 'show', 'web')
  const extension = `${id}/extensions/GuestAttestation`
  await withService(({ client }) => client.ask('DELETE', extension))
  host.isDrifted = true
  assert.equal((await tl('vm', 'attest', 'web')).code, 3)
  host.isDrifted = false
  const after = await good('vm', 'attest', 'web')
  assert.match(
    after.out,
    /\naffirming\nsince \S+Z\nit failed at \S+Z, and nobody cleared that\nnext {2}tl vm clear-failure web --reason TEXT\n$/,
  )
  assert.equal((await tl('vm', 'clear-failure', 'web')).code, 2)
  assert.equal((await good('vm', 'clear-failure', 'web', '--reason', 'a test')).out, 'cleared\n')
  assert.match((await good('vm', 'attest', 'web')).out, /\naffirming\nsince \S+Z\n$/)
  const again = await tl('vm', 'clear-failure', 'web', '--reason', 'a test')
  assert.equal(again.code, 1)
  assert.match(again.err, /no failure that waits to be cleared/)
})

test('evidence is listed, taken along one by one, and pruned', async (t) => {
  await signedIn(t, new AttestingHost())
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  for (let i = 0; i < 2; i++) await good('vm', 'attest', 'web')
  assert.match(
    (await good('evidence', 'list', 'web')).out,
    /^\d{4}-\S+ +affirming .*[0-9a-f-]{36}$/m,
  )
  assert.match(
    (await good('evidence', 'list', 'web')).out,
    /^asked by itself, the next time \S+Z\nwhen /,
  )
  const all = await json('evidence', 'list', 'web')
  assert.equal(all.length, 3)
  const oldest = join(newFolder(), 'oldest.json')
  await good('evidence', 'export', 'web', all[2].name, '--out', oldest)
  await good('appraise', oldest)
  const dry = await good('evidence', 'prune', 'web', '--keep', '1', '--dry-run')
  assert.match(dry.out, /^2 would go\n/)
  assert.match((await good('evidence', 'prune', 'web', '--keep', '1')).out, /^2 gone\n/)
  assert.deepEqual(
    (await json('evidence', 'list', 'web')).map(({ name }: any) => name),
    [all[0].name],
  )
  const missing = await tl('evidence', 'list', 'nobody')
  assert.deepEqual([missing.code, missing.out], [1, ''])
})

test('no record overwrites another unless it is said, and a record is for its owner only', async (t) => {
  await signedIn(t, new AttestingHost())
  for (const name of ['web', 'db']) await good('vm', 'create', '--name', name, '--image', 'small')
  const file = join(newFolder(), 'one.json')
  const toWeb = ['vm', 'attest', 'web', '--last', '--export', file]
  await good(...toWeb)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const kept = readFileSync(file)
  await good(...toWeb)
  for (const other of [
    ['vm', 'attest', 'db', '--last', '--export', file],
    ['vm', 'attest', 'db', '--export', file],
    ['evidence', 'export', 'db', '--out', file],
  ]) {
    const { code, err } = await tl(...other)
    assert.deepEqual([code, readFileSync(file)], [1, kept])
    assert.match(
      err,
      /one\.json holds something else: name another file, or --force overwrites it$/m,
    )
    await good(...other, '--force')
    assert.notDeepEqual(readFileSync(file), kept)
    await good(...toWeb, '--force')
  }
})

function otherPem(kind: string): string {
  const { key, certificate } = newAuthority('another')
  return kind === 'signers'
    ? pemOf('PUBLIC KEY', key.publicKey.spki)
    : pemOf('CERTIFICATE', certificate.der)
}
