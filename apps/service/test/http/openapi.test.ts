import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { openApiOf } from '@trusted-launch/api'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { allRoutes } from '../../src/http/routes.ts'
import { aService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const routes = allRoutes(none, none, none, none)
const document: any = openApiOf(routes)
const golden = join(import.meta.dirname, '../../../../packages/api/openapi.json')

test('the contract is as it was reviewed', (t) => {
  if (!process.execArgv.includes('--test-update-snapshots'))
    assert.deepEqual(changed(JSON.parse(readFileSync(golden, 'utf8'))), [], 'npm run golden')
  t.assert.fileSnapshot(document, golden, {
    serializers: [(value: any) => `${JSON.stringify(value, null, 1)}`],
  })
})

/** The paths and schemas that are not as they were: all of both would fill a screen many times over. */
function changed(before: any): string[] {
  const parts = [
    [before.paths, document.paths],
    [before.components.schemas, document.components.schemas],
  ]
  return parts.flatMap(([was, is]) =>
    [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
      (name) => !isDeepStrictEqual(was[name], is[name]),
    ),
  )
}

test('the contract is an OpenAPI document, and says of every endpoint what it is called', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  assert.ok(valid, JSON.stringify(errors))
  const operations = Object.values(document.paths).flatMap((path: any) => Object.values(path))
  assert.equal(operations.length, routes.length)
  const ids = operations.map(({ operationId }: any) => operationId)
  const twice = ids.filter((id, i) => ids.indexOf(id) < i)
  assert.deepEqual(twice, [])
})

test('the service gives its contract without a token, and answers as it says', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const served = await service.send('GET', '/openapi.json', {})
  assert.equal(served.status, 200)
  assert.deepEqual(served.body, document)
  const ajv = new Ajv2020({ strict: false, validateFormats: true })
  ;(addFormats as any)(ajv)
  ajv.addSchema(document, 'contract')
  const network = `${service.group('rg')}/providers/Microsoft.Network`
  const disks = `${service.group('rg')}/providers/Microsoft.Compute/disks`
  const disk = (await service.ask('GET', disks)).body.value[0].id
  for (const [path, model] of [
    [`${id}?$expand=instanceView`, 'VirtualMachine'],
    [disk, 'Disk'],
    [`${network}/virtualNetworks/net`, 'VirtualNetwork'],
    [`${network}/virtualNetworks/net/subnets/one`, 'Subnet'],
    [`${network}/networkInterfaces/nic-web`, 'NetworkInterface'],
    [service.group('rg'), 'ResourceGroup'],
  ]) {
    const { status, body } = await service.ask('GET', path!)
    assert.equal(status, 200, path)
    const validate = ajv.getSchema(`contract#/components/schemas/${model}`)!
    assert.ok(validate(body), `${path}: ${JSON.stringify(validate.errors)}`)
    const unknown = unknownIn(body, model!)
    assert.deepEqual(unknown, [], path)
  }
})

/** Members that the contract does not have. */
function unknownIn(value: any, model: string, path = ''): string[] {
  const properties = document.components.schemas[model]?.properties
  if (properties === undefined || value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${path}.${name}`
    const schema = properties[name]
    if (schema === undefined) return [at]
    const inner = /([^/]+)$/.exec(schema.$ref ?? schema.items?.$ref ?? '')?.[1]
    if (inner === undefined) return []
    const members = Array.isArray(member) ? member : [member]
    return members.flatMap((one) => unknownIn(one, inner, at))
  })
}
