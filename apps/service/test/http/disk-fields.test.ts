import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  diskDispositions,
  dispositionRows,
  fieldTable,
  snapshotDispositions,
} from '@trusted-launch/api'
import { aService, type TestService } from '../a-service.ts'

const BODY = {
  location: 'local',
  properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 1 },
}
/** Members that a disk is made by: other tests say what they do. */
const NEEDED =
  /^(?:location|tags|sku\.name|properties\.(?:diskSizeGB|creationData\.(?:createOption|source)))/

const ENUMERATED: Record<string, string> = {
  'properties.osType': 'Linux',
  'properties.hyperVGeneration': 'V2',
  'sku.name': 'Standard_LRS',
}

/** A value of a member's kind, wherever it stands. */
function valueAt(path: string, type = 'Disk'): unknown {
  if (ENUMERATED[path] !== undefined) return ENUMERATED[path]
  let kind = ''
  for (const name of path.split('.')) {
    kind = fieldTable(type)![name]!
    type = kind.replace(/[[\]{}]/g, '')
  }
  const one = { text: 'x', number: 1, boolean: true, any: 'x' }[type] ?? 'x'
  return kind.startsWith('[') ? [one] : one
}

/** The least body that has a member, around what every disk needs. */
function bodyWith(path: string, value: unknown, around: object = BODY, type = 'Disk'): any {
  const body: any = structuredClone(around)
  let at = body
  const names = path.split('.')
  for (const [i, name] of names.entries()) {
    const kind: string = fieldTable(type)![name]!
    type = kind.replace(/[[\]{}]/g, '')
    const isList = kind.startsWith('[')
    at[name] = i === names.length - 1 ? value : isList ? [{}] : (at[name] ?? {})
    at = isList ? at[name][0] : at[name]
  }
  return body
}

async function aPlace(service: TestService) {
  await service.ask('PUT', service.group('rg'), { location: 'local' })
  return (name: string) => `${service.group('rg')}/providers/Microsoft.Compute/disks/${name}`
}

test('each member that Azure’s client can send of a disk is refused by its path, told to have no effect, or kept', async (t) => {
  const service = await aService(t)
  const at = await aPlace(service)
  const rows = dispositionRows('Disk', diskDispositions).filter(([path]) => !NEEDED.test(path))
  assert.ok(rows.length > 40)
  for (const [i, [path, what]] of rows.entries()) {
    if (path === 'properties.securityProfile.securityType') continue
    const { status, body } = await service.ask('PUT', at(`d${i}`), bodyWith(path, valueAt(path)))
    if (what === 'refused') assert.deepEqual([status, body.error?.target], [400, path])
    else {
      assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`)
      const told = what === 'notEnforced' ? [path] : undefined
      assert.deepEqual(body.properties.notEnforced, told, path)
    }
  }
})

test('what a disk was told of stays told, in its list too, and goes when it is taken away; it may be sent back as it came', async (t) => {
  const service = await aService(t)
  const at = await aPlace(service)
  const properties = { ...BODY.properties, tier: 'P30', networkAccessPolicy: 'DenyAll' }
  const put = await service.ask('PUT', at('one'), { ...BODY, zones: ['1'], properties })
  const told = ['zones', 'properties.tier', 'properties.networkAccessPolicy']
  assert.deepEqual(put.body.properties.notEnforced, told)
  const { body } = await service.ask('GET', at('one'))
  const again = await service.ask('PUT', at('one'), body)
  assert.deepEqual([again.status, again.body.properties.notEnforced], [200, told])
  const list = await service.ask('GET', at('one').replace(/\/one$/, ''))
  assert.deepEqual(list.body.value[0].properties.notEnforced, told)
  const patched = await service.ask('PATCH', at('one'), { properties: { tier: null } })
  assert.deepEqual(patched.body.properties.notEnforced, [told[0], told[2]])
})

test('a change that asks for what there is not here is refused, and to ask for nothing is not', async (t) => {
  const service = await aService(t)
  const at = await aPlace(service)
  const off = { supportsHibernation: false, encryptionSettingsCollection: { enabled: false } }
  const put = await service.ask('PUT', at('one'), {
    ...BODY,
    properties: { ...BODY.properties, ...off },
  })
  assert.equal(put.status, 200, JSON.stringify(put.body))
  assert.equal(put.body.properties.notEnforced, undefined)
  const encryption = { diskEncryptionSetId: '/x' }
  const patched = await service.ask('PATCH', at('one'), { properties: { encryption } })
  const target = 'properties.encryption.diskEncryptionSetId'
  assert.deepEqual([patched.status, patched.body.error?.target], [400, target])
})

test('each member of a snapshot is refused by its path, told to have no effect, or kept, as a disk’s; what has no effect may change', async (t) => {
  const service = await aService(t)
  const at = await aPlace(service)
  await service.ask('PUT', at('one'), BODY)
  const creationData = { createOption: 'Copy', sourceResourceId: at('one') }
  const around = { location: 'local', properties: { creationData } }
  const snapshot = (name: string) => at(name).replace('/disks/', '/snapshots/')
  const rows = dispositionRows('Snapshot', snapshotDispositions)
  const asked = rows.filter(
    ([path]) =>
      path === 'sku.name' ||
      /creationData\.(?:sourceUri|securityDataUri|imageReference\.id)/.test(path) ||
      /properties\.(?:encryption\.|networkAccessPolicy|publicNetworkAccess|supportsH)/.test(path),
  )
  assert.ok(asked.length >= 8)
  for (const [i, [path, what]] of asked.entries()) {
    const body = bodyWith(path, valueAt(path, 'Snapshot'), around, 'Snapshot')
    const { status, body: told } = await service.ask('PUT', snapshot(`s${i}`), body)
    if (what === 'refused') assert.deepEqual([status, told.error?.target], [400, path])
    else assert.deepEqual([status, told.properties?.notEnforced], [202, [path]], path)
  }
  const policy = (networkAccessPolicy: string) => ({ properties: { networkAccessPolicy } })
  const properties = { creationData, ...policy('DenyAll').properties }
  const two = snapshot('two')
  await service.over(await service.ask('PUT', two, { location: 'local', properties }))
  const { body } = await service.ask('PATCH', two, policy('AllowAll'))
  assert.deepEqual(
    [body.properties.networkAccessPolicy, body.properties.notEnforced],
    ['AllowAll', ['properties.networkAccessPolicy']],
  )
  const encryption = { diskEncryptionSetId: '/x' }
  const patched = await service.ask('PATCH', two, { properties: { encryption } })
  assert.equal(patched.body.error?.target, 'properties.encryption.diskEncryptionSetId')
})
