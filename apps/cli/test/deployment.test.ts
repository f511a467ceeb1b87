import assert from 'node:assert/strict'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { fileOf, tl } from './a-run.ts'

const TEMPLATE = {
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  parameters: { name: { type: 'string' }, count: { type: 'int', defaultValue: 1 } },
  resources: [
    {
      type: 'Microsoft.Network/virtualNetworks',
      apiVersion: '2023-09-01',
      name: "[format('{0}{1}', parameters('name'), copyIndex())]",
      copy: { name: 'nets', count: "[parameters('count')]" },
      location: '[resourceGroup().location]',
      properties: { addressSpace: { addressPrefixes: ['10.9.0.0/16'] } },
    },
  ],
  outputs: { name: { type: 'string', value: "[parameters('name')]" } },
}

test('a template is looked through, tried, brought about, told of and listed', async (t) => {
  await signedIn(t)
  const file = fileOf('main.json', JSON.stringify(TEMPLATE))
  const parameters = fileOf('p.json', JSON.stringify({ parameters: { name: { value: 'net' } } }))
  const of = ['first', '--template', file, '--parameters', parameters, '--parameter', 'count=2']
  const made = await good('deployment', 'create', ...of)
  assert.match(made.err, /deploying first/)
  assert.match(made.out, /^state +Succeeded$/m)
  assert.match(made.out, /^output name +net$/m)
  assert.equal(
    made.out.match(/^Microsoft\.Network\/virtualNetworks +net\d +Succeeded$/gm)?.length,
    2,
  )
  assert.match((await good('deployment', 'validate', ...of)).out, /^it is well.*: 2 resources$/m)
  const three = await good('deployment', 'what-if', ...of, '--parameter', 'count=3')
  assert.match(three.out, /^\+ \/subscriptions\/.*\/net2$/m)
  assert.match(three.out, /^= \/subscriptions\/.*\/net1$/m)
  assert.match(three.out, /^.*1 Create/m)
  const fewer = [...of, '--parameter', 'count=1', '--mode', 'Complete']
  assert.match(
    (await good('deployment', 'what-if', ...fewer)).out,
    /^- \/subscriptions\/.*\/net1$/m,
  )
  assert.equal((await json('deployment', 'show', 'first')).operations.length, 2)
  assert.match((await good('deployment', 'list')).out, /^first +Succeeded /m)
  const over = await tl('deployment', 'cancel', 'first')
  assert.match(over.err, /is over and cannot be cancelled.*\n {4}tl deployment show first/)
  const begun = await json('deployment', 'create', ...of, '--no-wait')
  await good('operation', 'wait', begun.operation)
})

test('what is wrong with a template is told before anything is made, and what failed by its part', async (t) => {
  await signedIn(t)
  await good('disk', 'create', 'data', '--size', '4')
  const file = fileOf('main.json', JSON.stringify(TEMPLATE))
  const wrong: [args: string[], code: number, said: RegExp][] = [
    [['deployment', 'show', 'nothing'], 1, /could not be found.*\n {4}tl deployment list/],
    [['deployment', 'create', 'x', '--template', file], 1, /name.*\n {4}--parameter NAME=VALUE/s],
    [
      ['deployment', 'create', 'x', '--template', file, '--parameter', 'name'],
      2,
      /NAME=VALUE is wanted/,
    ],
    [['deployment', 'create', 'x', '--template', fileOf('a.json', '[]')], 5, /an object is wanted/],
    [['deployment', 'create', 'x', '--template', fileOf('a.json', '{}')], 5, /no resources/],
  ]
  for (const [args, code, said] of wrong) {
    const ran = await tl(...args)
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.err}${ran.out}`)
    assert.match(ran.err, said)
  }
  assert.equal((await good('deployment', 'list')).out, 'no deployments\n')
  const overlapping = {
    ...TEMPLATE,
    outputs: {},
    resources: [
      {
        type: 'Microsoft.Network/networkInterfaces',
        ...{ apiVersion: '2023-09-01', name: 'nic', location: '[resourceGroup().location]' },
        properties: {
          ipConfigurations: [
            {
              name: 'ip',
              properties: {
                subnet: {
                  id: "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'no', 'no')]",
                },
              },
            },
          ],
        },
      },
    ],
  }
  const failing = fileOf('b.json', JSON.stringify(overlapping))
  const failed = await tl(
    'deployment',
    'create',
    'bad',
    '--template',
    failing,
    '--parameter',
    'name=x',
  )
  assert.equal(failed.code, 1, failed.out)
  assert.match(failed.out, /^Microsoft\.Network\/networkInterfaces +nic +Failed +\S/m)
})
