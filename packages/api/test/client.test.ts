import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ArmClient, type ArmError, type HttpAnswer } from '../src/index.ts'

type Sent = { url: string; method: string; authorization: string; body: unknown }

function clientOf(answers: [status: number, body: unknown, headers?: Record<string, string>][]) {
  const sent: Sent[] = []
  const client = new ArmClient({
    endpoint: 'https://localhost:8443',
    token: async () => 't',
    sleep: async () => {},
    send: async (url, { method, headers, body }) => {
      sent.push({
        url,
        method,
        authorization: headers.authorization!,
        body: body && JSON.parse(String(body)),
      })
      const [status, answer, more = {}] = answers.shift()!
      return answerOf(status, answer, more)
    },
  })
  return { client, sent }
}

function answerOf(status: number, body: unknown, headers: Record<string, string>): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    status,
    headers: new Headers(headers),
    text: async () => text,
    arrayBuffer: async () => new TextEncoder().encode(text).buffer as ArrayBuffer,
  }
}

test('a list is read page by page, each with the token and a version', async () => {
  const { client, sent } = clientOf([
    [
      200,
      { value: [{ name: 'a' }], nextLink: 'https://localhost:8443/x?api-version=1&$skiptoken=a' },
    ],
    [200, { value: [{ name: 'b' }] }],
  ])
  const names = []
  for await (const one of client.list('/x')) names.push(one.name)
  assert.deepEqual(names, ['a', 'b'])
  assert.deepEqual(
    sent.map(({ url }) => url),
    [
      'https://localhost:8443/x?api-version=2026-04-01',
      'https://localhost:8443/x?api-version=1&$skiptoken=a',
    ],
  )
  assert.ok(sent.every(({ authorization }) => authorization === 'Bearer t'))
})

test('a long action is asked about until it is over', async () => {
  const { client, sent } = clientOf([
    [202, '', { 'Azure-AsyncOperation': 'https://localhost:8443/op?api-version=1' }],
    [
      200,
      { name: 'op', status: 'InProgress', percentComplete: 40, properties: { step: 'booting' } },
    ],
    [200, { name: 'op', status: 'Succeeded', percentComplete: 100 }],
  ])
  const { operationUrl } = await client.ask('POST', '/vm/start')
  const told: unknown[] = []
  await client.wait(operationUrl!, ({ percent, step }) => told.push([percent, step]))
  assert.deepEqual(told, [
    [40, 'booting'],
    [100, null],
  ])
  assert.equal(sent.length, 3)
})

test('an action that failed is told with its own code and words', async () => {
  const error = { code: 'SecureBootViolation', message: 'the loader is not signed' }
  const { client } = clientOf([[200, { name: 'op', status: 'Failed', error }]])
  await assert.rejects(
    client.wait('/op'),
    (thrown: ArmError) => thrown.fault.code === 'SecureBootViolation',
  )
})

test("a refusal is told in the service's words, and a foreign answer as one", async () => {
  const { client } = clientOf([
    [404, { error: { code: 'ResourceNotFound', message: 'not there' } }],
    [502, '<html>'],
  ])
  await assert.rejects(
    client.get('/x'),
    (thrown: ArmError) => thrown.fault.code === 'ResourceNotFound',
  )
  await assert.rejects(
    client.get('/x'),
    (thrown: ArmError) => thrown.fault.code === 'UnexpectedAnswer',
  )
})

test('no token is sent to another service, wherever a link leads', async () => {
  const { client, sent } = clientOf([])
  await assert.rejects(client.get('https://elsewhere.example/x'), TypeError)
  await assert.rejects(client.wait('https://localhost:8444/op'), TypeError)
  assert.equal(sent.length, 0)
})
