import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArmError } from '@trusted-launch/api'
import pino from 'pino'
import { DEPLOYMENTS } from '../../src/domain/deployment/deployment.ts'
import type { Operation, Store } from '../../src/domain/store.ts'
import { type Lane, laneOf } from '../../src/jobs/lanes.ts'
import { Cancelled, type Handler, Worker } from '../../src/jobs/worker.ts'
import { openStore } from '../../src/store/open.ts'

async function aStore(t: TestContext): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-worker-'))
  const store = await openStore({ path: join(folder, 'service.db') })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

function enqueue(
  store: Store,
  kind: string,
  resourceId = '/x',
  principal = 'p',
  subscriptionId = 's',
): Promise<Operation> {
  const who = { principal, correlationId: randomUUID() }
  return store.operations.enqueue(
    {
      id: randomUUID(),
      kind,
      resourceId,
      subscriptionId,
      location: 'l',
      host: null,
      input: {},
      ...who,
    },
    Date.now(),
  )
}

function aWorker(
  t: TestContext,
  store: Store,
  handlers: Record<string, Handler>,
  owner = 'a',
  leaseMs = 9_000,
): Worker {
  const worker = new Worker({
    store,
    handlers,
    owner,
    leaseMs,
    log: pino({ level: 'silent' }),
    hosts: () => [],
    now: Date.now,
    pollMs: 20,
  })
  worker.start()
  t.after(() => worker.stop())
  return worker
}

async function over(store: Store, { id }: Operation): Promise<Operation> {
  for (;;) {
    const found = (await store.operations.get(id))!
    if (found.endedAt !== null) return found
    await sleep(10)
  }
}

test('what a handler returns, refuses, undoes or breaks at is how its operation ends', async (t) => {
  const store = await aStore(t)
  aWorker(t, store, {
    good: async () => ({ answer: 42 }),
    refused: async () => {
      throw new ArmError({ status: 409, code: 'Refused', message: 'no', target: 'x' })
    },
    undone: async () => {
      throw new Cancelled()
    },
    broken: async () => {
      throw new Error('a secret of ours')
    },
  })
  const ends = await Promise.all(
    ['good', 'refused', 'undone', 'broken'].map(async (kind) =>
      over(store, await enqueue(store, kind, `/${kind}`)),
    ),
  )
  assert.deepEqual(
    ends.map(({ status, error }) => [status, error?.code ?? null]),
    [
      ['Succeeded', null],
      ['Failed', 'Refused'],
      ['Canceled', 'OperationCanceled'],
      ['Failed', 'InternalOperationError'],
    ],
  )
  assert.deepEqual(ends[0]!.result, { answer: 42 })
  assert.doesNotMatch(JSON.stringify(ends[3]), /secret/)
})

test("a resource's operations are done one after the other, in the order they were asked for", async (t) => {
  const store = await aStore(t)
  const seen: string[] = []
  const handler: Handler = async ({ operation }) => {
    seen.push(`begin ${operation.kind}`)
    await sleep(30)
    seen.push(`end ${operation.kind}`)
    return undefined
  }
  const asked = [
    await enqueue(store, 'one'),
    await enqueue(store, 'two'),
    await enqueue(store, 'three'),
  ]
  aWorker(t, store, { one: handler, two: handler, three: handler })
  for (const one of asked) await over(store, one)
  assert.deepEqual(seen, [
    'begin one',
    'end one',
    'begin two',
    'end two',
    'begin three',
    'end three',
  ])
})

test('who nothing of a lane is done for has a turn before the many of another, whatever else is done for them', async (t) => {
  const store = await aStore(t)
  const order: string[] = []
  const asked: Operation[] = []
  // A deployment, in whose lane nobody waits, is no turn of another lane.
  const deployment = await enqueue(store, DEPLOYMENTS[0]!, '/one/deployment', 'one')
  for (const [principal, count] of [
    ['many', 5],
    ['one', 1],
  ] as const)
    for (let i = 0; i < count; i++)
      asked.push(await enqueue(store, 'slow', `/${principal}/${i}`, principal))
  const slow: Handler = async ({ operation }) => {
    order.push(operation.principal)
    await sleep(20)
    return undefined
  }
  const gate = Promise.withResolvers<undefined>()
  aWorker(t, store, { slow, [DEPLOYMENTS[0]!]: () => gate.promise })
  for (const one of asked) await over(store, one)
  gate.resolve(undefined)
  await over(store, deployment)
  assert.deepEqual(order, ['many', 'one', 'many', 'many', 'many', 'many'])
})

test('guests of one subscription that do not answer take its share of the attestations, whoever asks, and keep no other’s waiting', async (t) => {
  const store = await aStore(t)
  const { ofOne, atOnce } = laneOf('vm.attest') as Lane
  const begun: string[] = []
  const gate = Promise.withResolvers<undefined>()
  const slow: Handler = ({ operation }) => {
    begun.push(operation.subscriptionId)
    return gate.promise
  }
  const asked: Operation[] = []
  const ask = async (subscription: string, count: number) => {
    for (let i = 0; i < count; i++) {
      const kind = ['vm.attest', 'vm.token'][i % 2]!
      const [id, principal] = [`/${subscription}/${asked.length}`, `${i}`]
      asked.push(await enqueue(store, kind, id, principal, subscription))
    }
  }
  await ask('ONE', atOnce + 1)
  aWorker(t, store, { 'vm.attest': slow, 'vm.token': slow })
  while (begun.length < ofOne!) await sleep(10)
  await ask('two', 1)
  while (!begun.includes('two')) await sleep(10)
  assert.deepEqual(begun, [...Array(ofOne).fill('ONE'), 'two'])
  gate.resolve(undefined)
  for (const one of asked) assert.equal((await over(store, one)).status, 'Succeeded')
})

test('another worker takes over once a lease is over, and what the first still writes is refused', async (t) => {
  const store = await aStore(t)
  const operation = await enqueue(store, 'long')
  const lost = (await store.operations.claim({
    owner: 'dead',
    hosts: [],
    at: Date.now(),
    leaseMs: 200,
  }))!
  const began = Date.now()
  aWorker(t, store, { long: async () => ({ by: 'b' }) }, 'b')
  const end = await over(store, operation)
  assert.deepEqual([end.status, end.result], ['Succeeded', { by: 'b' }])
  assert.ok(Date.now() - began < 15_000)
  await assert.rejects(
    store.under(lost, ({ claimed }) => claimed.finish({ status: 'Failed' }, Date.now())),
    { code: 'store-cut-off' },
  )
  assert.equal((await store.operations.get(operation.id))!.status, 'Succeeded')
})

test('a handler is told to stop when its claim can no longer be renewed', async (t) => {
  const store = await aStore(t)
  let isDown = false
  const operations = new Proxy(store.operations, {
    get: (target, name) => {
      const found = Reflect.get(target, name)
      if (name !== 'renew') return typeof found === 'function' ? found.bind(target) : found
      return async (...args: Parameters<typeof target.renew>) => {
        if (isDown) throw new Error('the database does not answer')
        return target.renew(...args)
      }
    },
  })
  const told = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  aWorker(
    t,
    Object.assign(Object.create(store), { operations }),
    {
      long: ({ signal }) => {
        began.resolve()
        signal.addEventListener('abort', () => told.resolve())
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)))
      },
    },
    'a',
    300,
  )
  await enqueue(store, 'long')
  await began.promise
  isDown = true
  await told.promise
})

test('a service that stops lets go of what it does, for the next one to go on', async (t) => {
  const store = await aStore(t)
  const began = Promise.withResolvers<void>()
  const first = aWorker(
    t,
    store,
    {
      long: ({ signal }) => {
        began.resolve()
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      },
    },
    'a',
    400,
  )
  const operation = await enqueue(store, 'long')
  await began.promise
  await first.stop()
  assert.equal((await store.operations.get(operation.id))!.endedAt, null)
  aWorker(t, store, { long: async () => undefined }, 'b')
  assert.equal((await over(store, operation)).status, 'Succeeded')
})
