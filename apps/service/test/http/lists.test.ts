import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aNetwork, aVm } from '../a-vm.ts'

const NSG = 'providers/Microsoft.Network/networkSecurityGroups'

/** Every page's entries, and how many pages there were. */
async function paged(service: TestService, path: string): Promise<{ all: any[]; pages: number }> {
  const all: any[] = []
  let pages = 0
  for (let next: string | undefined = path; next !== undefined; pages++) {
    const { status, body } = await service.ask('GET', next)
    assert.equal(status, 200, JSON.stringify(body))
    all.push(...body.value)
    next = body.nextLink?.slice(service.service.endpoint.length)
  }
  return { all, pages }
}

test('a group of more than a thousand resources is listed whole, whatever is looked for, and deleted whole', async (t) => {
  const service = await aService(t)
  await aVm(service)
  const group = service.group('rg')
  const names = Array.from({ length: 1_010 }, (_, i) => `s${i}`)
  const left = [...names]
  const make = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const tags = name === 's77' ? { Stage: 'Test' } : {}
      const put = await service.ask('PUT', `${group}/${NSG}/${name}`, { location: 'local', tags })
      assert.equal(put.status, 201)
    }
  }
  await Promise.all(Array.from({ length: 8 }, make))
  for (const scope of [group, service.subscription]) {
    const { all, pages } = await paged(service, `${scope}/resources?$top=500`)
    assert.equal(pages, 3)
    assert.equal(new Set(all.map(({ id }) => id)).size, names.length + 4)
    assert.ok(!all.some(({ type }) => type.endsWith('/subnets')))
    for (const [filter, wanted] of [
      ["resourceType eq 'Microsoft.Compute/virtualMachines'", ['web']],
      ["tagName eq 'stage' and tagValue eq 'Test'", ['s77']],
      ["tagName eq 'stage' and tagValue eq 'test'", []],
      ["name eq 'S1009'", ['s1009']],
    ] as const) {
      const found = await paged(service, `${scope}/resources?$filter=${encodeURIComponent(filter)}`)
      assert.deepEqual(
        found.all.map(({ name }) => name),
        wanted,
        filter,
      )
    }
  }
  const lock = `${group}/${NSG}/s999/providers/Microsoft.Authorization/locks/keep`
  await service.ask('PUT', lock, { properties: { level: 'CanNotDelete' } })
  assert.equal((await service.ask('DELETE', group)).body.error?.code, 'ScopeLocked')
  await service.ask('DELETE', lock)
  const gone = await service.over(await service.ask('DELETE', group))
  assert.equal(gone.status, 'Succeeded', JSON.stringify(gone))
  assert.deepEqual((await paged(service, `${service.subscription}/resources`)).all, [])
  assert.deepEqual(await service.host.machines(), [])
})

test('a filter that is not understood is refused, in its words, by every list', async (t) => {
  const service = await aService(t)
  await aNetwork(service, 'rg')
  const compute = `${service.subscription}/providers/Microsoft.Compute`
  for (const path of [
    `${service.subscription}/resources`,
    `${service.group('rg')}/resources`,
    `${service.subscription}/resourceGroups`,
    `${compute}/virtualMachines`,
    `${compute}/skus`,
    `${service.subscription}/providers/Microsoft.Authorization/roleDefinitions`,
    `${service.subscription}/providers/Microsoft.Authorization/locks`,
    `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values`,
  ])
    for (const filter of [
      "x eq 'y'",
      "name eq 'a' or name eq 'b'",
      "name eq 'a' and",
      "name eq 'a",
    ]) {
      const { status, body } = await service.ask(
        'GET',
        `${path}?$filter=${encodeURIComponent(filter)}`,
      )
      const text = `Invalid $filter '${filter}' specified in the query string.`
      assert.deepEqual(
        [status, body.error?.code, body.error?.message],
        [400, 'InvalidFilterInQueryString', text],
        path,
      )
    }
})

test('pages are of 1 to 1,000, and a token that is none is refused', async (t) => {
  const service = await aService(t)
  for (const query of [
    '$top=0',
    '$top=1001',
    '$top=-1',
    '$top=1.5',
    '$top=x',
    '$top=%20',
    '$skiptoken=%00',
    `$skiptoken=${'x'.repeat(3000)}`,
  ]) {
    const { status, body } = await service.ask('GET', `${service.subscription}/resources?${query}`)
    assert.deepEqual([status, body.error?.code], [400, 'InvalidParameter'], query)
  }
  assert.equal(
    (await service.ask('GET', `${service.subscription}/resources?$top=1000`)).status,
    200,
  )
})

test('the roles that hold at a scope are those of the scopes above as well; atScope() leaves out those below', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const scopes = [service.subscription, service.group('rg'), id]
  const made: string[] = []
  for (const scope of scopes) made.push((await aPrincipal(service, READER.name, scope)).name)
  await service.ask('PUT', service.group('other'), { location: 'local' })
  const elsewhere = await aPrincipal(service, READER.name, service.group('other'))
  const at = async (scope: string, filter?: string) => {
    const query = filter === undefined ? '' : `?$filter=${encodeURIComponent(filter)}`
    const list = `${scope}/providers/Microsoft.Authorization/roleAssignments${query}`
    const { all } = await paged(service, list)
    return all
      .map(({ properties }) => properties.principalId)
      .filter((one) => [...made, elsewhere.name].includes(one))
      .sort()
  }
  const [subscription, group, vm] = made
  assert.deepEqual(await at(service.subscription), [...made, elsewhere.name].sort())
  assert.deepEqual(await at(service.subscription, 'atScope()'), [subscription])
  assert.deepEqual(await at(service.group('rg')), [...made].sort())
  assert.deepEqual(await at(service.group('rg'), 'atScope()'), [subscription, group].sort())
  assert.deepEqual(await at(id), [...made].sort())
  assert.deepEqual(await at(id, `principalId eq '${group}'`), [group])
  assert.deepEqual(await at(id, `atScope() and assignedTo('${vm}')`), [vm])
  assert.deepEqual(await at(service.group('rg'), `atScope() and assignedTo('${vm}')`), [])
  const root = await paged(service, `${id}/providers/Microsoft.Authorization/roleAssignments`)
  const { clientId } = service.service.administrator
  assert.ok(root.all.length > made.length, clientId)
  for (const filter of [`principalId eq ${vm}`, "principalId eq 'x'", "x eq 'y'"]) {
    const { body } = await service.ask(
      'GET',
      `${id}/providers/Microsoft.Authorization/roleAssignments?$filter=${encodeURIComponent(filter)}`,
    )
    assert.deepEqual(
      [body.error?.code, body.error?.message],
      [
        'UnsupportedQuery',
        `The filter '${filter}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{value}' or assignedTo('{value}')'.`,
      ],
    )
  }
})

test('custom roles are listed where they may be assigned, beside the built-in ones, page by page', async (t) => {
  const service = await aService(t)
  await aNetwork(service, 'rg')
  const roles = 'providers/Microsoft.Authorization/roleDefinitions'
  const properties = { roleName: 'Starter', permissions: [{ actions: ['*/start/action'] }] }
  const made = await service.ask('PUT', `${service.subscription}/${roles}/${randomUUID()}`, {
    properties,
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { all, pages } = await paged(service, `${service.group('rg')}/${roles}?$top=5`)
  assert.deepEqual([all.length, pages], [9, 2])
  const custom = await paged(
    service,
    `${service.group('rg')}/${roles}?$filter=${encodeURIComponent("type eq 'CustomRole'")}`,
  )
  assert.deepEqual(
    custom.all.map((one) => one.properties.roleName),
    ['Starter'],
  )
})
