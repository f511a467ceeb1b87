import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { LIMITS } from '../../src/http/limits.ts'
import { aServer } from './a-server.ts'

const HEAD =
  'PUT /providers/T/things/one?api-version=2026-01-01 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.1\r\nContent-Type: application/json\r\n'

test('who sends headers or a body a byte at a time is let go, and others are answered meanwhile', async (t) => {
  const server = await aServer(t, { headersMs: 300, requestMs: 600 })
  const begun = performance.now()
  for (const [sent, limit] of [
    [HEAD, 300],
    [`${HEAD}Content-Length: 100\r\n\r\n`, 600],
    ['', 300],
  ] as const) {
    const socket = await server.connection()
    const timer = setInterval(() => socket.write(' '), 50)
    socket.write(sent)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    // A connection may be reset as well: `once` would take that for a failure, and leave the timer.
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    try {
      assert.equal((await server.ask('GET')).status, 200)
      await closed
    } finally {
      clearInterval(timer)
    }
    assert.match(answer, /^(?:HTTP\/1\.1 4\d\d |$)/)
    assert.ok(performance.now() - begun < 20_000, `${limit}`)
  }
  assert.equal(server.seen.filter(({ method }) => method === 'PUT').length, 0)
})

test('who never finishes the handshake is let go', async (t) => {
  const server = await aServer(t, { handshakeMs: 300 })
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('\x16')
  await once(socket, 'close')
})

test('more connections than there may be are closed, those there are go on', async (t) => {
  const server = await aServer(t, { connections: 5 })
  const held = await Promise.all(Array.from({ length: 5 }, () => server.connection()))
  await assert.rejects(server.ask('GET'))
  held[0]!.destroy()
  await sleep(100)
  assert.equal((await server.ask('GET')).status, 200)
  for (const socket of held) socket.destroy()
})

test('a body of more than 1 MiB is refused, told or not; so are headers of more than 16 KiB', async (t) => {
  const server = await aServer(t)
  const text = (length: number) => JSON.stringify({ a: 'x'.repeat(length) })
  assert.equal((await server.ask('PUT', text(LIMITS.bodyBytes - 8))).status, 200)
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const { status, body } = await server.ask('PUT', text(LIMITS.bodyBytes), headers)
    assert.deepEqual([status, body.error.code], [413, 'RequestEntityTooLarge'])
  }
  const long = await server.ask('GET', undefined, { 'x-long': 'x'.repeat(17_000) })
  assert.equal(long.status, 431)
})

test('a body is one object of well-formed JSON in UTF-8, of 64 levels, with no name twice', async (t) => {
  const server = await aServer(t)
  const deep = (levels: number) => Buffer.from(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`)
  const good = [
    '{}',
    '',
    '{"a":{"b":1},"c":{"b":2}}',
    '{"a":[{"b":1},{"b":2}]}',
    '{"a":"\\"b\\":","b":1}',
    '\ufeff{"a":1}',
  ]
  for (const body of [...good.map((text) => Buffer.from(text)), deep(64)])
    assert.equal((await server.ask('PUT', body)).status, 200, String(body).slice(0, 60))
  const bad = [
    ...['[]', '1', '"x"', 'null x', '{', '{"a":1,}', "{'a':1}", '{"a":NaN}', '{"a":1}{"a":1}'].map(
      (text) => Buffer.from(text),
    ),
    ...[
      '{"a":1,"a":2}',
      '{"a":1,"\\u0061":2}',
      '{"x":[{"b":1,"c":[],"b":2}]}',
      '{"__proto__":{"x":1}}',
      '{"a":{"__proto__":1}}',
    ].map((text) => Buffer.from(text)),
    ...[
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from('{"a":"\xff"}', 'latin1'),
      Buffer.from([0xff, 0xfe, 0x7b, 0]),
      Buffer.from('{"a":"\ud800"}', 'utf16le'),
    ],
    deep(65),
    deep(150_000),
    Buffer.from('['.repeat(1_000_000)),
  ]
  for (const body of bad) {
    const begun = performance.now()
    const { status, body: told } = await server.ask('PUT', body)
    assert.deepEqual(
      [status, told.error?.code],
      [400, 'InvalidRequestContent'],
      String(body).slice(0, 60),
    )
    assert.ok(performance.now() - begun < 5_000)
  }
  const secret = await server.ask('PUT', '{"adminPassword":"Sekret-0123", x}')
  assert.ok(!JSON.stringify(secret.body).includes('Sekret'), JSON.stringify(secret.body))
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x'])
    assert.equal((await server.ask('PUT', '{}', { 'content-type': type })).status, 415, type)
})

test('a request whose length is told in two ways is no request', async (t) => {
  const server = await aServer(t)
  for (const extra of [
    'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n',
    'Content-Length: 2\r\nContent-Length: 3\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: x\r\n',
  ]) {
    const socket = await server.connection()
    socket.write(`${HEAD}${extra}\r\n{}`)
    const [chunk] = await once(socket, 'data')
    assert.match(String(chunk), /^HTTP\/1\.1 400 /, extra)
    socket.destroy()
  }
  assert.equal(server.seen.length, 0)
})

test('a principal has its requests in a minute, whatever tokens they come with; others have their own', async (t) => {
  const server = await aServer(t, { requestsPerMinute: 3 })
  const statuses = []
  for (let i = 0; i < 5; i++)
    statuses.push((await server.ask('GET', undefined, {}, `a.${i}`)).status)
  assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  assert.equal((await server.ask('GET', undefined, {}, 'b.1')).status, 200)
  const { headers, body } = await server.ask('GET', undefined, {}, 'a.9')
  assert.equal(body.error.code, 'TooManyRequests')
  assert.match(headers['retry-after'], /^\d+$/)
})

test('an address has its requests too, with and without tokens', async (t) => {
  const server = await aServer(t, { addressRequestsPerMinute: 4, failuresPerMinute: 9 })
  const statuses = []
  for (const token of ['bad', 'bad', 'bad', 'a', 'b'])
    statuses.push((await server.ask('GET', undefined, {}, token)).status)
  assert.deepEqual(statuses, [401, 401, 401, 200, 429])
  const last = await server.ask('GET')
  assert.match(last.headers['retry-after'], /^\d+$/)
})

test('who sends bad tokens shuts nobody out at that address; an issuer that is down is not the client’s fault', async (t) => {
  const server = await aServer(t, { failuresPerMinute: 2 })
  const statuses = []
  for (const token of ['unknown', 'unknown', 'unknown', 'bad', 'bad', 'bad', 'a', 'unknown', 'bad'])
    statuses.push((await server.ask('GET', undefined, {}, token)).status)
  assert.deepEqual(statuses, [503, 503, 503, 401, 401, 429, 200, 503, 429])
  const last = await server.ask('GET', undefined, {}, 'bad')
  assert.match(last.headers['retry-after'], /^\d+$/)
})

test('the issuer and what is not there have limits of an address too, and sign-ins that are begun a small one', async (t) => {
  const server = await aServer(t, { addressRequestsPerMinute: 5, signInsPerMinute: 2 })
  const statuses = []
  const begin = '/adfs/oauth2/authorize?client_id=a'
  for (const path of [
    begin,
    begin.replace('authorize', 'AUTHORIZE'),
    begin,
    '/adfs/x',
    '/none',
    '/none',
    '/adfs/x',
  ])
    statuses.push((await server.ask('GET', undefined, {}, 'a', path)).status)
  assert.deepEqual(statuses, [200, 200, 429, 200, 404, 429, 429])
})

test('every answer has the headers of security and of finding it again, and says nothing of what serves it', async (t) => {
  const server = await aServer(t)
  const asked = 'a1b2c3d4-0000-4000-8000-000000000001'
  for (const { headers } of [
    await server.ask('GET', undefined, {
      'x-ms-correlation-request-id': asked,
      'x-ms-client-request-id': asked,
    }),
    await server.ask(
      'GET',
      undefined,
      { 'x-ms-correlation-request-id': asked, 'x-ms-client-request-id': asked },
      'bad',
    ),
    await server.ask('PUT', '{', {
      'x-ms-correlation-request-id': asked,
      'x-ms-client-request-id': asked,
    }),
  ]) {
    assert.match(headers['strict-transport-security'], /^max-age=\d{8}/)
    assert.match(headers['content-security-policy'], /default-src 'self'/)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['x-frame-options'], 'SAMEORIGIN')
    assert.equal(headers['referrer-policy'], 'no-referrer')
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(headers['content-type'], /^application\/json/)
    assert.match(headers['x-ms-request-id'], /^[0-9a-f-]{36}$/)
    assert.equal(headers['x-ms-correlation-request-id'], asked)
    assert.equal(headers['x-ms-client-request-id'], asked)
    for (const name of ['server', 'x-powered-by']) assert.equal(headers[name], undefined)
  }
  const odd = await server.ask('GET', undefined, {
    'x-ms-correlation-request-id': 'x\ty',
    'x-ms-client-request-id': '"><',
  })
  assert.notEqual(odd.headers['x-ms-correlation-request-id'], 'x\ty')
  assert.equal(odd.headers['x-ms-client-request-id'], undefined)
})
