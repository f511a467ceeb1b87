import assert from 'node:assert/strict'
import test from 'node:test'
import { AttestingHost } from '../../service/test/an-attesting-host.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const create = (name: string) => good('vm', 'create', '--name', name, '--image', 'small')
const windows = { claim: 'windows', equals: true, when: null, severity: 'high', message: 'No.' }
const policy = JSON.stringify({ version: 2, id: 'windows-only', rules: {}, claims: [windows] })
const failures = { VM_AttestationSilent: { severity: 'high', response: 'isolate' } }

test('a plan is put, shown, deleted and read again in its history; of a VM what comes of all is shown, and of which', async (t) => {
  await signedIn(t)
  await create('web')
  const all = fileOf(
    'all.json',
    JSON.stringify({ version: 1, name: 'all', silenceSeconds: 60, failures }),
  )
  assert.equal((await good('plan', 'set', all)).out, 'plan all of the subscription: version 1\n')
  const one = fileOf('one.json', JSON.stringify({ version: 1, name: 'one', intervalSeconds: 900 }))
  assert.equal((await good('plan', 'set', one, '--vm', 'web')).out, 'plan one of web: version 1\n')
  const shown = (await good('plan', 'show', '--vm', 'web')).out
  assert.match(shown, /^intervalSeconds +900 +one$/m)
  assert.match(shown, /^silenceSeconds +60 +all$/m)
  assert.match(shown, /^policy +trusted-launch +no plan: the default$/m)
  assert.match(shown, /^VM_AttestationSilent +high +isolate +all$/m)
  assert.match((await good('plan', 'show')).out, /^plan all, version 1, by \S+ on /)
  assert.equal((await good('plan', 'delete', '--vm', 'web')).out, 'plan: deleted\n')
  assert.equal((await good('plan', 'delete', '--vm', 'web')).out, 'web has no plan of its own\n')
  const history = (await good('plan', 'history', '--vm', 'web')).out
  assert.match(history, /^2 .*deleted$/m)
  assert.match(history, /^1 .*one$/m)
  const noSet = await tl('plan', 'set', one, '--set', 'nowhere')
  assert.deepEqual([noSet.code, /ResourceNotFound/.test(noSet.err)], [1, true])
  assert.equal((await json('plan', 'show', '--vm', 'web')).properties.intervalSeconds.value, 3600)
})

test('a plan that is none is refused before it is sent, with what is wrong', async (t) => {
  await signedIn(t)
  const wrong = fileOf('wrong.json', JSON.stringify({ version: 1, name: 'x', interval: 60 }))
  const { code, err } = await tl('plan', 'set', wrong)
  assert.equal(code, 5)
  assert.match(err, /wrong\.json: not a monitoring plan: .*unknown name "interval"/)
})

test('a policy is put, listed, shown in words and tried on what VMs proved; in use it is not deleted', async (t) => {
  await signedIn(t, new AttestingHost() as never)
  await create('web')
  const file = fileOf('policy.json', policy)
  const tried = await tl('plan', 'what-if', '--policy', file)
  assert.equal(tried.code, 4)
  assert.match(
    tried.out,
    /^1 VMs judged again: 1 would change, 1 for the worse, 0 for the better; 0 without/,
  )
  assert.match(tried.out, /^web +affirming → contraindicated +\+policy\.requirement/m)
  assert.equal((await tl('plan', 'what-if')).code, 2)
  assert.equal((await good('policy', 'set', file)).out, 'policy windows-only: version 1\n')
  assert.match((await good('policy', 'list')).out, /^trusted-launch +built in/m)
  assert.match((await good('policy', 'show', 'windows-only')).out, /^policy windows-only\n/)
  const plan = fileOf(
    'plan.json',
    JSON.stringify({ version: 1, name: 'all', policy: 'windows-only' }),
  )
  assert.equal((await tl('plan', 'what-if', plan, '--vm', 'web')).code, 4)
  await good('plan', 'set', plan)
  const inUse = await tl('policy', 'delete', 'windows-only')
  assert.equal(inUse.code, 1)
  assert.match(inUse.err, /is in use by the monitoring plan/)
  await good('plan', 'delete')
  assert.equal(
    (await good('policy', 'delete', 'windows-only')).out,
    'policy windows-only: deleted\n',
  )
  assert.equal((await tl('policy', 'delete', 'windows-only')).code, 1)
})

test('a VM is isolated and connected; a fix says first what it would do, and the score what is followed', async (t) => {
  const { host } = await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small', '--secure-boot', 'off')
  const [machine] = await host.machines()
  assert.equal((await good('vm', 'isolate', 'web')).out, 'isolating web: done\n')
  assert.ok(host.isolated.has(machine!))
  assert.equal((await json('vm', 'connect', 'web')).status, 'Succeeded')
  assert.ok(!host.isolated.has(machine!))
  const dry = await good('recommendation', 'fix', 'web', 'secure-boot.linux', '--dry-run')
  assert.match(dry.out, /virtualMachines\/write: the VM is restarted\n$/)
  const before = await json('recommendation', 'score')
  await good('recommendation', 'fix', 'web', 'secure-boot.linux')
  const { out } = await good('recommendation', 'score')
  assert.doesNotMatch(out, / 0 of 0 /)
  assert.match(out, /^\d+ more count for nothing here$/m)
  assert.match(out, /^\d+\.\d %: \d+ of \d+\n/)
  assert.match(out, /Secure Boot should be enabled on supported Linux/)
  assert.ok((await json('recommendation', 'score')).score.current > before.score.current)
})
