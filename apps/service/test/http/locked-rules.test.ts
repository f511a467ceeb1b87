import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { aService, type TestService } from '../a-service.ts'

const exempted = {
  properties: { recommendation: 'vtpm', category: 'mitigated', reason: 'known' },
}
const silenced = {
  properties: {
    ...{ alertType: 'VM_GuestAttestationFailure', state: 'Enabled', reason: 'Other' },
    expirationDateUtc: '2100-01-01T00:00:00Z',
  },
}

async function lock(service: TestService, level: string | null): Promise<void> {
  const id = `${service.subscription}/providers/Microsoft.Authorization/locks/l`
  if (level === null) await service.ask('DELETE', id)
  else assert.ok((await service.ask('PUT', id, { properties: { level } })).status < 300)
}

test('what nobody need follow, and be told of, and uploads stay as they are under a lock', async (t) => {
  const service = await aService(t)
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  const made: [string, unknown][] = [
    [`${service.group('rg')}/providers/TrustedLaunch/exemptions/e`, exempted],
    [`${service.subscription}/providers/Microsoft.Security/alertsSuppressionRules/r`, silenced],
  ]
  const upload = `${service.group('rg')}/providers/TrustedLaunch/uploads/u`
  const ask = (method: string, id: string, body?: unknown) => {
    const correlation = randomUUID()
    const by = { 'x-ms-correlation-request-id': correlation }
    return service.ask(method, id, body, by).then((answer) => ({ ...answer, correlation }))
  }
  for (const [id, body] of made) {
    const { status, body: told } = await ask('PUT', id, body)
    assert.ok(status < 300, JSON.stringify(told))
  }
  await lock(service, 'ReadOnly')
  for (const [id, body] of made) {
    const { status, body: told } = await ask('PUT', id, body)
    assert.deepEqual([status, told.error?.code], [409, 'ScopeLocked'], id)
  }
  for (const level of ['ReadOnly', 'CanNotDelete']) {
    await lock(service, level)
    for (const id of [...made.map(([id]) => id), upload]) {
      const { status, body: told } = await ask('DELETE', id)
      assert.deepEqual([status, told.error?.code], [409, 'ScopeLocked'], `${level} ${id}`)
    }
  }
  await lock(service, null)
  for (const [id] of made) {
    assert.ok((await ask('DELETE', id)).status < 300, id)
    assert.equal((await ask('GET', id)).status, 404)
  }
})
