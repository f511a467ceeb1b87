import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

test('of one VM sixteen operations wait at most; its end waits behind them, and a host is drained all the same', async (t) => {
  const gate = Promise.withResolvers<void>()
  let isHeld = false
  const host = new ScriptedHost({ before: () => (isHeld ? gate.promise : undefined) })
  const service = await aService(t, host)
  const { id } = await aVm(service)
  isHeld = true
  const start = () => service.ask('POST', `${id}/redeploy`)
  const begun = []
  for (let i = 0; i < 16; i++) begun.push(await start())
  assert.deepEqual([...new Set(begun.map(({ status }) => status))], [202])
  const refused = await start()
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'AnotherOperationInProgress'])
  assert.match(refused.body.error.message, /: 16 operations of .*\/web are not over/)
  const drained = await service.ask('POST', '/providers/TrustedLaunch/hosts/local/drain')
  assert.equal(drained.status, 202)
  const deletion = await service.ask('DELETE', id)
  assert.equal(deletion.status, 202)
  gate.resolve()
  assert.equal((await service.over(deletion)).status, 'Succeeded')
})
