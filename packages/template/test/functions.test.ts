import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTIONS, REFUSED, TemplateError } from '../src/index.ts'
import { GROUP, SUBSCRIPTION, value } from './a-template.ts'

/** Examples of Azure's reference of the functions, and of what it says in words. */
const given: readonly [string, unknown][] = [
  ["[concat('a', 1, true(), 'b')]", 'a1Trueb'],
  ['[concat(createArray(1), createArray(2, 3))]', [1, 2, 3]],
  [
    "[format('{0}, {1}. {{{2}}} {3:D3} {4:X} {5}', 'Hello', 'you', 5, 7, 255, false())]",
    'Hello, you. {5} 007 FF False',
  ],
  ["[string(createObject('a', 1))]", '{"a":1}'],
  ['[string(true())]', 'True'],
  ["[toLower(toUpper('One Two'))]", 'one two'],
  ["[trim('  a  ')]", 'a'],
  ["[substring('one two three', 4, 3)]", 'two'],
  ["[substring('one', 1)]", 'ne'],
  ["[replace('123-123-1234', '-', '$&')]", '123$&123$&1234'],
  ["[split('one;two,three', createArray(';', ','))]", ['one', 'two', 'three']],
  ["[split('a,b', ',')]", ['a', 'b']],
  ["[padLeft(123, 10, '0')]", '0000000123'],
  ["[startsWith('abcdef', 'AB')]", true],
  ["[endsWith('abcdef', 'EF')]", true],
  ["[indexOf('test', 'T')]", 0],
  ["[lastIndexOf('test', 'T')]", 3],
  ["[lastIndexOf('abcdef', 'z')]", -1],
  ["[indexOf(createArray('a', 'b'), 'b')]", 1],
  ["[guid('a', 'b')]", '2d796349-8c7e-55ec-9624-54ece82ed031'],
  // Of Azure's own deployments, as two projects that work it out again hold theirs against.
  [
    `[uniqueString('/subscriptions/00000000-0000-0000-0000-000000000000', 'resource-id')]`,
    'cwvxuqg24sifi',
  ],
  [
    "[uniqueString('/subscriptions/31e9f9a0-9fd2-4294-a0a3-0101246d9700/resourceGroups/rg-modm201-20230913120256/providers/Microsoft.Compute/virtualMachines/bobjacmodm201')]",
    'yvjxno3je5on2',
  ],
  ["[length(createArray('one', 'two'))]", 2],
  ["[length('One Two Three')]", 13],
  ["[length(createObject('a', 1))]", 1],
  ["[empty('')]", true],
  ['[empty(null())]', true],
  ["[first(createArray('one', 'two'))]", 'one'],
  ["[last('One Two')]", 'o'],
  ['[skip(createArray(1, 2, 3), 2)]', [3]],
  ["[take('one two', 2)]", 'on'],
  ["[contains('OneTwo', 'two')]", false],
  ["[contains(createObject('One', 1), 'one')]", true],
  ['[contains(createArray(1, 2), 2)]', true],
  ['[range(5, 3)]', [5, 6, 7]],
  [
    "[union(createObject('a', createObject('b', 1)), createObject('A', createObject('c', 2)))]",
    { a: { b: 1, c: 2 } },
  ],
  ['[union(createArray(1, 2), createArray(2, 3))]', [1, 2, 3]],
  ['[intersection(createArray(1, 2, 3), createArray(2, 3, 4))]', [2, 3]],
  ["[intersection(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 3))]", { b: 2 }],
  ["[join(createArray('a', 'b', 3), ', ')]", 'a, b, 3'],
  ['[flatten(createArray(createArray(1), createArray(2, 3)))]', [1, 2, 3]],
  ["[array('a')]", ['a']],
  ["[createObject('a', null(), 'b', createArray())]", { a: null, b: [] }],
  ["[tryGet(createObject('a', createArray(1)), 'A', 0)]", 1],
  ["[tryGet(createObject(), 'a', 'b')]", null],
  [
    "[items(createObject('b', 1, 'a', 2))]",
    [
      { key: 'a', value: 2 },
      { key: 'b', value: 1 },
    ],
  ],
  ["[objectKeys(createObject('b', 1, 'a', 2))]", ['a', 'b']],
  ["[shallowMerge(createArray(createObject('a', 1), createObject('b', 2)))]", { a: 1, b: 2 }],
  ['[add(sub(7, 3), mul(div(8, 3), mod(7, 3)))]', 6],
  ['[div(-8, 3)]', -2],
  ["[int('-12')]", -12],
  ['[min(createArray(3, 1, 2))]', 1],
  ['[max(0, 3, 2)]', 3],
  ["[bool('True')]", true],
  ['[bool(0)]', false],
  ['[and(true(), or(false(), true()), not(false()))]', true],
  ["[equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))]", true],
  ["[equals('a', 'A')]", false],
  ["[less('a', 'b')]", true],
  ['[and(lessOrEquals(2, 2), greater(3, 2), greaterOrEquals(2, 2))]', true],
  ["[coalesce(null(), 'a')]", 'a'],
  ["[if(true(), 'a', fail('the other one is not evaluated'))]", 'a'],
  ["[dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')]", '2023-04-07 14:53:14Z'],
  ["[dateTimeAdd('2024-01-31T00:00:00Z', 'P1M')]", '2024-02-29T00:00:00Z'],
  ["[dateTimeAdd('20231114T221320Z', '-P9DT1H')]", '20231105T211320Z'],
  ["[dateTimeAdd('2023-11-14T22:13:20Z', 'PT2H', 'yyyy-MM')]", '2023-11'],
  ['[dateTimeFromEpoch(1700000000)]', '2023-11-14T22:13:20Z'],
  ["[dateTimeToEpoch('2023-11-14T22:13:20Z')]", 1_700_000_000],
  ["[base64('one, zwölf')]", Buffer.from('one, zwölf').toString('base64')],
  ["[base64ToString('b25lLCB0d28sIHRocmVl')]", 'one, two, three'],
  [`[base64ToJson(base64('{"one": "a"}')).one]`, 'a'],
  [`[json('{"a": [1, null]}')]`, { a: [1, null] }],
  [
    "[uri('http://contoso.com/resources/', 'nested/azuredeploy.json')]",
    'http://contoso.com/resources/nested/azuredeploy.json',
  ],
  ["[uriComponent('http://a b/(1)!')]", 'http%3A%2F%2Fa%20b%2F%281%29%21'],
  ["[uriComponentToString('http%3A%2F%2Fa%20b')]", 'http://a b'],
  ["[dataUri('Hello')]", 'data:text/plain;charset=utf8;base64,SGVsbG8='],
  ["[dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')]", 'Hello, World!'],
  ["[dataUriToString('data:text/plain,a%20b')]", 'a b'],
  ["[map(range(0, 3), lambda('i', add(lambdaVariables('i'), 1)))]", [1, 2, 3]],
  [
    "[map(createArray('a'), lambda('x', 'i', concat(lambdaVariables('x'), lambdaVariables('i'))))]",
    ['a0'],
  ],
  ["[filter(range(0, 5), lambda('i', greater(lambdaVariables('i'), 2)))]", [3, 4]],
  [
    "[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]",
    [1, 2, 3],
  ],
  [
    "[reduce(range(1, 4), 0, lambda('s', 'i', add(lambdaVariables('s'), lambdaVariables('i'))))]",
    10,
  ],
  [
    "[groupBy(createArray('ab', 'ac', 'b'), lambda('x', take(lambdaVariables('x'), 1)))]",
    { a: ['ab', 'ac'], b: ['b'] },
  ],
  [
    "[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', length(lambdaVariables('x'))))]",
    { a: 1, b: 1 },
  ],
  ["[mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))]", { a: 2 }],
  [
    "[resourceId('Microsoft.Compute/virtualMachines/extensions', 'web', 'x')]",
    `${GROUP}/providers/Microsoft.Compute/virtualMachines/web/extensions/x`,
  ],
  [
    "[resourceId('other', 'Microsoft.Compute/disks', 'd')]",
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Compute/disks/d`,
  ],
  [
    "[resourceId('s', 'g', 'Microsoft.Compute/disks', 'd')]",
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d',
  ],
  [
    "[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'x')]",
    `/subscriptions/${SUBSCRIPTION}/resourceGroups/x`,
  ],
  [
    "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'x')]",
    `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/x`,
  ],
  [
    "[extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'l')]",
    `${GROUP}/providers/Microsoft.Authorization/locks/l`,
  ],
  [
    "[tenantResourceId('Microsoft.Authorization/roleDefinitions', 'x')]",
    '/providers/Microsoft.Authorization/roleDefinitions/x',
  ],
  [
    "[resourceId('Microsoft.Network/networkInterfaces/', 'nic')]",
    `${GROUP}/providers/Microsoft.Network/networkInterfaces/nic`,
  ],
  ["[resourceGroup().TAGS['a']]", 'b'],
  ['[subscription().subscriptionId]', SUBSCRIPTION],
  ['[tenant().tenantId]', 'tenant'],
  ['[environment().name]', 'own'],
  ['[deployment().properties.mode]', 'Incremental'],
  ["[providers('Microsoft.Compute', 'virtualMachines').apiVersions[0]]", '2026-04-01'],
]

for (const [expression, expected] of given)
  test(`${expression} gives what Azure's gives`, () => {
    assert.deepEqual(value(expression), expected)
  })

test('each function has an example, but those that need a parameter, a variable, a loop, a default or a state', () => {
  const text = given.map(([expression]) => expression.toLowerCase()).join()
  const elsewhere = ['parameters', 'variables', 'copyIndex', 'reference', 'utcNow', 'newGuid']
  for (const name of Object.values(FUNCTIONS).flatMap(Object.keys))
    assert.ok(elsewhere.includes(name) || text.includes(`${name.toLowerCase()}(`), name)
})

test('what is refused says so by its name, listKeys of any resource too', () => {
  for (const name of [
    ...Object.keys(REFUSED).filter((one) => one !== 'list*'),
    'listKeys',
    'listAccountSas',
  ])
    assert.throws(() => value(`[${name}('a')]`), /is not supported here: /)
})

test('what does not fit says what is wrong and where', () => {
  const wrong: readonly [string, RegExp][] = [
    ['[nosuch()]', /'nosuch' is not valid/],
    ['[toLower(1)]', /'toLower': argument 1 is int, and string was expected/],
    ["[toLower('a', 'b')]", /2 arguments are given, and 1 were expected/],
    ['[div(1, 0)]', /divided by 0/],
    ['[add(9007199254740991, 1)]', /too large/],
    ['[createArray(1)[1]]', /index '1' is out of bounds/],
    ["[createObject('a', 1).b]", /'b' doesn't exist/],
    ["[concat('a').b]", /it is looked for in string/],
    ["[substring('abc', 2, 2)]", /not within/],
    ["[format('{1}', 'a')]", /there is no argument 1/],
    ["[format('{0:C}', 1)]", /'C' is not known/],
    ['[utcNow()]', /default of a parameter only/],
    ['[newGuid()]', /default of a parameter only/],
    ['[copyIndex()]', /no such loop/],
    ["[reference(resourceId('a/b', 'c'), '2020-01-01', 'Full', 'x')]", /4 arguments/],
    ["[resourceId('a/b', 'c', 'd')]", /incorrect segment lengths/],
    ["[lambda('x', 1)]", /stands alone/],
    ["[lambdaVariables('x')]", /no lambda around/],
    ["[providers('Nobody.Here')]", /there is no Nobody.Here/],
    ["[parameters('none')]", /parameter 'none' is not found/],
    ["[variables('none')]", /variable 'none' is not found/],
    ["[createObject('__proto__', 1)]", /__proto__/],
    ["[json('{')]", /not JSON/],
    ["[base64ToString('!')]", /not base64/],
  ]
  for (const [expression, reason] of wrong)
    assert.throws(
      () => value(expression),
      (error) =>
        error instanceof TemplateError &&
        error.code === 'InvalidTemplate' &&
        reason.test(error.message) &&
        error.path === 'resources[0].properties.v',
      expression,
    )
})
