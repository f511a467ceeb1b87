import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, type JsonObject, NeedsReference, planTemplate } from '../src/index.ts'
import { context, GROUP, plan, resource, template } from './a-template.ts'

const none = () => undefined
const vm = { type: 'Microsoft.Compute/virtualMachines', apiVersion: '2024-07-01', name: 'web' }
const nic = { type: 'Microsoft.Network/networkInterfaces', apiVersion: '2024-05-01', name: 'nic' }
const names = ({ resources }: { resources: readonly { name: string }[] }) =>
  resources.map(({ name }) => name)

test('parameters have their defaults, variables what they are made of, and secure values are not shown', () => {
  const { parameters, resources } = plan(
    {
      parameters: {
        name: { type: 'string', defaultValue: "[concat(parameters('prefix'), '-net')]" },
        prefix: { type: 'String', allowedValues: ['ONE', 'two'] },
        secret: { type: 'secureString', minLength: 3 },
        when: { type: 'string', defaultValue: "[utcNow('yyyy-MM-dd HH:mm')]" },
        id: { type: 'string', defaultValue: '[newGuid()]' },
        none: { type: 'string', nullable: true },
      },
      variables: {
        copy: [
          { name: 'list', count: 2, input: "[concat(parameters('name'), copyIndex('list', 1))]" },
        ],
        deep: {
          a: "[variables('list')[1]]",
          copy: [{ name: 'b', count: 2, input: { i: "[copyIndex('b')]" } }],
        },
      },
      resources: [
        resource({
          name: "[parameters('name')]",
          tags: { "[parameters('prefix')]": "[variables('deep').a]" },
          properties: { b: "[variables('deep').b]", password: "[parameters('secret')]" },
        }),
      ],
    },
    { prefix: 'one', secret: 'hidden' },
  )
  assert.deepEqual(parameters.secret, { type: 'SecureString' })
  assert.deepEqual(parameters.none, { type: 'String', value: null })
  assert.deepEqual(parameters.when, { type: 'String', value: '2023-11-14 22:13' })
  assert.match(
    JSON.stringify(parameters.id),
    /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/,
  )
  assert.ok(!JSON.stringify(parameters).includes('hidden'))
  assert.equal(resources[0]!.id, `${GROUP}/providers/Microsoft.Network/virtualNetworks/one-net`)
  assert.deepEqual(resources[0]!.body(none), {
    tags: { one: 'one-net2' },
    properties: { b: [{ i: 0 }, { i: 1 }], password: 'hidden' },
  })
})

test('a plan that is shown has stars for secure values, in whatever is made of them', () => {
  const declared = { p: { type: 'securestring' }, o: { type: 'secureObject' } }
  const properties = { p: "[concat('x', parameters('p'))]", o: "[parameters('o').a]" }
  const given = { p: { value: 'hidden' }, o: { value: { a: ['hidden'] } } }
  const whole = template({ parameters: declared, resources: [resource({ properties })] })
  const { resources } = planTemplate(whole, given, context, true)
  assert.deepEqual(resources[0]!.shown, { properties: { p: 'x*******', o: ['*******'] } })
})

test('what is given must be declared and fit, and a secure value is in no message', () => {
  const declared = {
    size: { type: 'int', minValue: 1, maxValue: 3 },
    name: { type: 'string', maxLength: 3, defaultValue: 'a' },
    key: { type: 'secureString', allowedValues: ['good'], defaultValue: 'good' },
  }
  const refused = (given: Record<string, Json>, why: RegExp) =>
    assert.throws(
      () => plan({ parameters: declared }, given),
      (error: Error) => why.test(error.message) && !error.message.includes('hidden'),
    )
  refused({}, /'size' is not provided/)
  refused({ size: 'a' }, /'size' is string, and int was expected/)
  refused({ size: 1.5 }, /int was expected/)
  refused({ size: 4 }, /value of the template parameter 'size' is more than 3/)
  refused({ size: 1, name: 'long' }, /length .* more than 3/)
  refused({ size: 1, key: 'hidden' }, /not part of the allowed/)
  refused({ size: 1, other: 1 }, /'other' in the parameters file are not valid/)
  assert.throws(
    () => planTemplate(template({ parameters: declared }), { size: { reference: {} } }, context),
    /key vaults/,
  )
})

test('copies of a resource are each their own, in batches where it says so, and who depends on the loop waits for all', () => {
  const { resources } = plan({
    resources: [
      { ...vm, dependsOn: ['nics'] },
      {
        ...nic,
        name: "[concat('nic', copyIndex(1))]",
        copy: { name: 'nics', count: 3, mode: 'serial', batchSize: 2 },
        properties: { i: "[copyIndex('nics')]" },
      },
    ],
  })
  assert.deepEqual(names({ resources }), ['nic1', 'nic2', 'nic3', 'web'])
  const dependsOn = new Map(
    resources.map((one) => [one.name, one.dependsOn.map((id) => id.split('/').at(-1))]),
  )
  assert.deepEqual(dependsOn.get('nic3'), ['nic1', 'nic2'])
  assert.deepEqual(dependsOn.get('web'), ['nic1', 'nic2', 'nic3'])
  assert.deepEqual(resources[2]!.body(none), { properties: { i: 2 } })
})

test('dependencies are meant by name, by type and name, by id, in any case of letters, and by whose state is asked for', () => {
  const ways = [
    'net',
    'microsoft.network/VIRTUALNETWORKS/net',
    "[resourceId('Microsoft.Network/virtualNetworks', 'net')]",
  ]
  for (const way of ways)
    assert.deepEqual(names(plan({ resources: [{ ...nic, dependsOn: [way] }, resource()] })), [
      'net',
      'nic',
    ])
  const properties = { subnet: "[reference('net').subnets[0].id]" }
  assert.deepEqual(names(plan({ resources: [{ ...nic, properties }, resource()] })), ['net', 'nic'])
})

test('what has no condition that holds is not there, and nobody waits for it', () => {
  const { resources, skipped } = plan({
    resources: [resource({ condition: '[equals(1, 2)]' }), { ...nic, dependsOn: ['net'] }],
  })
  assert.deepEqual([names({ resources }), resources[0]!.dependsOn], [['nic'], []])
  assert.deepEqual(skipped, [`${GROUP}/providers/Microsoft.Network/virtualNetworks/net`])
})

test('children go on from their parent, and what extends a resource says so', () => {
  const lock = { type: 'Microsoft.Authorization/locks', apiVersion: '2020-05-01', name: 'keep' }
  const { resources } = plan({
    resources: [
      {
        ...vm,
        resources: [
          { type: 'extensions', apiVersion: '2024-07-01', name: 'x', dependsOn: ['web'] },
        ],
      },
      { ...lock, scope: 'Microsoft.Compute/virtualMachines/web' },
      {
        ...lock,
        type: 'Microsoft.Compute/virtualMachines/providers/locks',
        name: 'web/Microsoft.Authorization/old',
      },
    ],
  })
  const at = `${GROUP}/providers/Microsoft.Compute/virtualMachines/web`
  assert.deepEqual(resources.map(({ id }) => id).sort(), [
    at,
    `${at}/extensions/x`,
    `${at}/providers/Microsoft.Authorization/locks/keep`,
    `${at}/providers/Microsoft.Authorization/locks/old`,
  ])
})

test('a state that is needed is asked for, and what waits for it is shown as its expression', () => {
  const properties = { all: "[reference('net', '2024-05-01', 'Full').location]", a: 'b' }
  const { resources, outputs } = plan({
    resources: [resource(), { ...nic, properties }],
    outputs: { where: { type: 'string', value: "[reference('net').where]" } },
  })
  const [, second] = resources
  assert.deepEqual([second!.isKnown, resources[0]!.isKnown], [false, true])
  assert.deepEqual(second!.shown, { properties })
  assert.throws(
    () => second!.body(none),
    (error) =>
      error instanceof NeedsReference &&
      error.id === resources[0]!.id &&
      error.apiVersion === '2024-05-01',
  )
  const states = (_: string, __: string | null, isFull: boolean) =>
    isFull ? { location: 'here' } : { where: 'there' }
  assert.deepEqual(second!.body(states), { properties: { all: 'here', a: 'b' } })
  assert.deepEqual(outputs(states), { where: { type: 'String', value: 'there' } })
})

const nested = (options: object, inner: object) => ({
  ...{ type: 'Microsoft.Resources/deployments', apiVersion: '2021-04-01', name: 'inner' },
  properties: { mode: 'Incremental', ...options, template: template(inner) },
})

test('a template in a template is evaluated outside, and what comes out is no expression again; or inside, when it says so', () => {
  const parameters = { name: { type: 'string' } }
  const variables = { v: 'own' }
  const inner = {
    resources: [resource({ name: "[parameters('name')]", tags: { t: '[[literal]' } })],
    variables,
  }
  const given = { name: "[concat('a')]" }
  const [outer] = plan({ parameters, resources: [nested({}, inner)] }, given).resources
  const { properties } = outer!.body(none) as any
  assert.equal(properties.template.resources[0].name, "[[concat('a')]")
  assert.equal(properties.template.resources[0].tags.t, '[[literal]')
  const scope = {
    expressionEvaluationOptions: { scope: 'inner' },
    parameters: { name: { value: "[parameters('name')]" } },
  }
  const [other] = plan({ parameters, resources: [nested(scope, inner)] }, given).resources
  const body = other!.body(none) as any
  assert.equal(body.properties.template.resources[0].name, "[parameters('name')]")
  assert.equal(body.properties.parameters.name.value, "[concat('a')]")
})

test("a deployment in a deployment may be another group's", () => {
  const [one] = plan({ resources: [{ ...nested({}, {}), resourceGroup: 'other' }] }).resources
  assert.match(
    one!.id,
    /\/resourceGroups\/other\/providers\/Microsoft.Resources\/deployments\/inner$/,
  )
})

test('functions of a template know their arguments only', () => {
  const functions = [
    {
      namespace: 'contoso',
      members: {
        name: {
          parameters: [{ name: 'p', type: 'string' }],
          output: { type: 'string', value: "[concat(toLower(parameters('p')), '-x')]" },
        },
        wrong: { parameters: [], output: { type: 'string', value: "[variables('v')]" } },
      },
    },
  ]
  const [one] = plan({
    functions,
    resources: [resource({ name: "[contoso.name('ABC')]" })],
  }).resources
  assert.equal(one!.name, 'abc-x')
  const bad = {
    functions,
    variables: { v: 1 },
    resources: [resource({ name: '[contoso.wrong()]' })],
  }
  assert.throws(() => plan(bad), /may not use variables/)
})

test('resources with names of their own are meant by them, and existing ones are not deployed', () => {
  const { resources, existing, skipped } = plan({
    languageVersion: '2.0',
    resources: {
      net: resource({ existing: true }),
      card: { ...nic, properties: { n: "[reference('net').id]" }, dependsOn: ['net'] },
    },
  })
  assert.deepEqual(names({ resources }), ['nic'])
  assert.deepEqual([existing.length, skipped.length], [1, 0])
  const body = resources[0]!.body((id) => ({ id })) as JsonObject
  assert.deepEqual(body.properties, {
    n: `${GROUP}/providers/Microsoft.Network/virtualNetworks/net`,
  })
})

test('an output is told by its name as Azure writes it', () => {
  const value = { type: 'int', value: 1 }
  const outputs = Object.fromEntries(
    ['VMSS', 'VMName', 'Name', 'sshCommand', 'A1'].map((name) => [name, value]),
  )
  const names = Object.keys(plan({ outputs }).outputs(none))
  assert.deepEqual(names, ['vmss', 'vmName', 'name', 'sshCommand', 'a1'])
})

test('what an expression looks for is in no message: it may come of a secure value, as may what is there', () => {
  const parameters = { s: { type: 'securestring' }, o: { type: 'secureObject' } }
  const given = { s: 'hidden', o: { hidden: 'hidden' } }
  const refused = (v: string, why: RegExp) =>
    assert.throws(
      () => plan({ parameters, resources: [resource({ properties: { v } })] }, given),
      (error: Error) => why.test(error.message) && !/hidden/i.test(error.message),
    )
  refused("[resourceGroup()[parameters('s')]]", /doesn't exist/)
  refused("[parameters('o').b]", /property 'b' doesn't exist/)
  refused("[createArray(1)[parameters('s')]]", /can't be evaluated: it is looked for in array/)
  refused("[parameters('s').b]", /property 'b' can't be evaluated/)
  refused("[createArray(1)[length(parameters('s'))]]", /is out of bounds/)
})

test('outputs are what they say they are, in loops too, and secure ones are not shown', () => {
  const outputs = {
    list: { type: 'array', copy: { count: 2, input: "[copyIndex('list')]" } },
    secret: { type: 'securestring', value: 'hidden' },
    absent: { type: 'string', condition: false, value: "[fail('no')]" },
  }
  assert.deepEqual(plan({ outputs }).outputs(none), {
    list: { type: 'Array', value: [0, 1] },
    secret: { type: 'SecureString' },
  })
  assert.throws(
    () => plan({ outputs: { a: { type: 'int', value: 'x' } } }).outputs(none),
    /is string, and int was expected/,
  )
})

test('what no template may say is refused with its place', () => {
  const wrong: readonly [object, RegExp][] = [
    [{ resource: [] }, /Could not find member 'resource'/],
    [{ contentVersion: '1' }, /contentVersion/],
    [
      {
        $schema:
          'https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#',
      },
      /\$schema/,
    ],
    [{ definitions: { a: {} } }, /'definitions' is not supported/],
    [
      { resources: [{ ...vm, apiVersion: undefined }] },
      /'apiVersion' of the resource is missing. Path 'resources\[0\].apiVersion'/,
    ],
    [{ resources: [{ ...vm, apiVersion: 'new' }] }, /'new' is not valid/],
    [{ resources: [{ ...vm, name: 'a/b' }] }, /incorrect segment lengths/],
    [{ resources: [vm, vm] }, /defined multiple times/],
    [{ resources: [{ ...vm, dependsOn: ['nobody'] }] }, /'nobody' is not defined in the template/],
    [
      {
        resources: [
          { ...vm, dependsOn: ['nic'] },
          { ...nic, dependsOn: ['web'] },
        ],
      },
      /Circular dependency/,
    ],
    [{ resources: [{ ...vm, condition: "[reference('x').a]" }] }, /is no resource|not expected/],
    [{ resources: [{ ...vm, resourceGroup: 'other' }] }, /Only a deployment/],
    [
      { resources: [nested({ templateLink: { uri: 'https://x' } }, {})] },
      /Linked templates are not supported/,
    ],
    [{ resources: [{ ...vm, copy: { name: 'l', count: 801 } }] }, /count of a loop is 0 to 800/],
    [{ variables: { a: "[variables('b')]", b: "[variables('a')]" } }, /needs itself/],
    [
      { parameters: { a: { type: 'text', defaultValue: 'x' } } },
      /'text' is none that is supported/,
    ],
  ]
  for (const [rest, why] of wrong) assert.throws(() => plan(rest), why)
})
