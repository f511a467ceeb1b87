import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fullIn, LANES, laneOf, waitingKinds } from '../../src/jobs/lanes.ts'
import { type Answer, aService } from '../a-service.ts'
import { aNetwork, aVm, vmBody } from '../a-vm.ts'
import { imageBody, imageId } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

const SLOW = ['create', 'stop', 'takeImage', 'runCommand']

test('a kind is of one lane, and one that no lane names is not among the quick ones', () => {
  const kinds = LANES.flatMap((lane) => lane.kinds)
  assert.equal(new Set(kinds).size, kinds.length)
  assert.equal(laneOf('group.delete').name, 'others')
  assert.deepEqual(waitingKinds(['vm.runCommand', 'vm.delete', 'new'], []), [])
  const tried = waitingKinds(['whatIf', 'group.delete'], ['whatIf', 'whatIf'])
  assert.deepEqual(tried, ['whatIf'], 'what is tried keeps no group from its end')
  const running = ['vm.runCommand', 'vm.runCommand', 'new', 'newer']
  assert.deepEqual(waitingKinds(['vm.runCommand', 'vm.delete', 'new'], running), [
    'vm.runCommand',
    'new',
  ])
})

test('of a lane with a share for each, who has its share waits for its own alone', () => {
  const kinds = ['vm.attest', 'vm.token', 'vm.powerOff']
  const of = (kind: string, subscriptionId: string, count: number) =>
    Array.from({ length: count }, () => ({ kind, subscriptionId }))
  const share = LANES.find(({ name }) => name === 'attestations')!.ofOne!
  const running = [...of('vm.powerOff', 'a', 8), ...of('vm.attest', 'a', share - 1)]
  assert.deepEqual(fullIn(kinds, [...running, ...of('vm.token', 'b', 1)]), [])
  assert.deepEqual(fullIn(kinds, [...running, ...of('vm.token', 'A', 1)]), [
    { kinds: ['vm.attest', 'vm.token'], subscriptions: ['a'] },
  ])
})

test('with as many boots, stops, fetches and commands as there may be, others are changed and deleted meanwhile', async (t) => {
  const gate = Promise.withResolvers<void>()
  const begun = new Map<string, number>()
  let isSlow = false
  const before = async (deed: string) => {
    if (!isSlow || !SLOW.includes(deed)) return
    begun.set(deed, (begun.get(deed) ?? 0) + 1)
    await gate.promise
  }
  const service = await aService(t, new ScriptedHost({ before }))
  const many = (lane: string) => Array.from({ length: atOnce(lane) + 1 }, (_, i) => `${lane}-${i}`)
  const osProfile = { ...vmBody('').properties.osProfile, allowExtensionOperations: true }
  const ids = new Map<string, string>()
  for (const name of ['tagged', 'gone', ...many('stops'), ...many('commands')])
    ids.set(name, (await aVm(service, name, { osProfile })).id)
  const accepted: Answer[] = []
  const ask = async (...asked: Parameters<typeof service.ask>) => {
    const answer = await service.ask(...asked)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    accepted.push(answer)
  }
  isSlow = true
  try {
    for (const name of many('boots')) {
      const nic = await aNetwork(service, 'rg', `nic-${name}`)
      await ask('PUT', ids.get('gone')!.replace('gone', name), vmBody(nic))
    }
    for (const name of many('stops')) await ask('POST', `${ids.get(name)}/powerOff`)
    const command = { commandId: 'RunShellScript', script: ['true'] }
    for (const name of many('commands')) await ask('POST', `${ids.get(name)}/runCommand`, command)
    for (const name of many('fetches')) {
      const piece = `${service.group('rg')}/providers/TrustedLaunch/uploads/${name}?offset=0&size=4`
      await service.ask('PUT', piece, 'disk', { 'content-type': 'application/octet-stream' })
      await ask('PUT', imageId(service, name), imageBody(`upload:${name}`))
    }
    const full = { create: 'boots', stop: 'stops', takeImage: 'fetches', runCommand: 'commands' }
    const counts = Object.entries(full).map(([deed, lane]) => [deed, atOnce(lane)])
    while (counts.some(([deed, count]) => begun.get(deed as string) !== count)) await sleep(10)
    const patched = await service.ask('PATCH', ids.get('tagged')!, { tags: { a: 'b' } })
    assert.equal(patched.body.tags.a, 'b')
    const diagnosticsProfile = { bootDiagnostics: { enabled: true } }
    const updated = await service.ask('PATCH', ids.get('tagged')!, {
      properties: { diagnosticsProfile },
    })
    assert.equal((await service.over(updated)).status, 'Succeeded')
    const deleted = await service.ask('DELETE', ids.get('gone')!)
    assert.equal((await service.over(deleted)).status, 'Succeeded')
    assert.deepEqual(Object.fromEntries(begun), Object.fromEntries(counts))
  } finally {
    gate.resolve()
  }
  for (const answer of accepted) assert.equal((await service.over(answer)).status, 'Succeeded')
})

/** Of one subscription. */
function atOnce(name: string): number {
  const lane = LANES.find((one) => one.name === name)!
  return lane.ofOne ?? lane.atOnce
}
