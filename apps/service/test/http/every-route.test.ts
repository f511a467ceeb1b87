import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fieldTable } from '@trusted-launch/api'
import type { Route } from '../../src/http/route.ts'
import { allRoutes } from '../../src/http/routes.ts'
import { type Answer, aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'

/** Nothing is asked of any endpoint here. */
const none: any = { host: 'local' }
const routes = allRoutes(none, none, none, none)

/** What stands for a value of any kind, and is none of most. */
const values: readonly unknown[] = [
  ...[
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    '',
    'x',
    ' ',
    '\u0000',
    'İ',
    '../..',
    '%',
    "'",
    '{}',
    'x'.repeat(5000),
  ],
  ...[
    [],
    [null],
    [[]],
    {},
    { a: null },
    { id: 'x' },
    { id: '/' },
    [{}],
    [{ id: null }],
    { toString: 1, constructor: {} },
  ],
]
const names = [
  'a%2Fb',
  '%00',
  '%',
  '%25',
  'x'.repeat(300),
  'a b',
  '..',
  '.',
  '%C4%B0',
  '-',
  randomUUID(),
  'current',
]

test('whatever is sent to whichever endpoint, it is answered, and never by an error of ours', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const params = { ...(await paramsOf(service)), scope: id.slice(1) }
  const seen = new Map<number, number>()
  const faults: string[] = []
  const ask = async (route: Route, path: string, body?: unknown) => {
    const answer = await service.ask(route.method, path, body).catch((error) => {
      throw new Error(`${route.method} ${path} ${JSON.stringify(body)}`, { cause: error })
    })
    const told = `${route.method} ${path.slice(0, 300)} ${JSON.stringify(body)?.slice(0, 300)}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
    if (answer.status >= 500) faults.push(told)
    else if (answer.status >= 400) assert.match(String(answer.body.error?.code), /^\w+$/, told)
    await isOver(service, answer, told)
  }
  const inOrder = [...routes].sort((a, b) => rankOf(a) - rankOf(b))
  for (const route of inOrder) {
    if (route.isPiece === true || route.isStream === true) continue
    const path = filled(route.path, params)
    for (const body of bodiesOf(route)) await ask(route, path, body)
    for (const name of names)
      for (const [parameter] of Object.entries(params))
        if (route.path.includes(`:${parameter}`) && parameter !== 'subscriptionId')
          await ask(route, filled(route.path, { ...params, [parameter]: name }), bodyFor(route))
    for (const query of [
      '$top=x',
      '$skiptoken=%00',
      '$filter=%27',
      '$expand=%00',
      '$orderby=',
      '$top=1&$top=2',
      'api-version=x',
      'offset=x&size=-1',
    ])
      await ask(route, `${path}?${query}`, bodyFor(route))
  }
  assert.deepEqual(faults.slice(0, 10), [])
  assert.ok((seen.get(400) ?? 0) > 1000, JSON.stringify([...seen]))
})

/** Node's client tells no length of what is sent with the others. */
function bodyFor({ method }: Route): object | undefined {
  return method === 'GET' || method === 'DELETE' ? undefined : {}
}

/** What is deleted is deleted last, and what holds others after them. */
function rankOf({ method, path }: Route): number {
  return method === 'DELETE' ? 1000 - path.length : 0
}

async function isOver(service: TestService, answer: Answer, told: string): Promise<void> {
  if (answer.headers['azure-asyncoperation'] === undefined) return
  const { error } = await service.over(answer)
  assert.notEqual(error?.code, 'InternalOperationError', told)
}

/** Names of what is there. */
async function paramsOf(service: TestService): Promise<Record<string, string>> {
  const { subscriptionId } = service.service.administrator
  return {
    ...{ subscriptionId, resourceGroup: 'rg', name: 'web', parent0: 'web', location: 'local' },
    ...{ publisher: 'trusted-launch', offer: 'small', sku: 'gen2', version: 'latest' },
    ...{ type: 'GuestAttestation', namespace: 'Microsoft.Compute', operationId: randomUUID() },
    commandId: 'RunShellScript',
  }
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)/g, (_, name) => params[name] ?? 'x')
}

/** Each member of its type, down to a depth, with each value; and what is no object at all. */
function bodiesOf({ method, body }: Route): unknown[] {
  if (method === 'GET' || method === 'DELETE') return [undefined]
  const whole = [
    undefined,
    ...values.map((value) => value),
    { properties: null },
    { location: 'local' },
  ]
  return body === undefined ? whole : [...whole, ...membersOf(body, 3)]
}

function membersOf(type: string, depth: number): object[] {
  const table = fieldTable(type)
  if (table === undefined || depth === 0) return []
  return Object.entries(table).flatMap(([name, kind]) => {
    if (kind.endsWith('!')) return []
    const inner = kind.replace(/[[\]{}]/g, '')
    const wrap = (value: unknown) => ({
      location: 'local',
      [name]: kind.startsWith('[') ? [value] : kind.startsWith('{') ? { a: value } : value,
    })
    const deeper = membersOf(inner, depth - 1).map(({ location: _, ...value }: any) => wrap(value))
    const some = values.filter((_, i) => (i + name.length) % 7 === 0)
    return [...some.map((value) => ({ location: 'local', [name]: value })), ...deeper]
  })
}
