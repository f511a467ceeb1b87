import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ArmError } from '@trusted-launch/api'
import {
  type AllowedSource,
  isAddressAllowed,
  parseAllowedSource,
  sourceOf,
} from '../../src/domain/sources.ts'
import { fetchSource } from '../../src/driver/fetch-source.ts'

const allow = (text: string, isPrivate = false) => parseAllowedSource(text, isPrivate)
const open = allow('example.org')
const inside = allow('example.org', true)

async function aServer(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const folder = (t: TestContext) => {
  const path = mkdtempSync(join(tmpdir(), 'sources-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

const optionsOf = (allowed: readonly AllowedSource[], more = {}) => ({
  ...{ allowed, bytesMax: 1000, tell: () => {}, signal: new AbortController().signal },
  ...more,
})
const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof ArmError && pattern.test(error.fault.message)

test('addresses of this machine and of private networks are for hosts named so; link-local ones for none', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ]) {
    assert.equal(isAddressAllowed(address, open), false, address)
    assert.equal(isAddressAllowed(address, inside), true, address)
  }
  for (const address of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::ffff:7f00:1',
    'example.org',
  ])
    assert.equal(isAddressAllowed(address, inside), false, address)
  for (const address of ['93.184.215.14', '2606:2800:21f::1'])
    assert.equal(isAddressAllowed(address, open), true, address)
})

test('an entry allows one scheme, host and port', () => {
  const source = (uri: string, entry: string) => sourceOf(uri, '/g', [allow(entry)], 'x').kind
  assert.equal(source('https://example.org/disk', 'example.org'), 'url')
  assert.equal(source('http://example.org:81/', 'http://example.org:81'), 'url')
  for (const uri of ['http://example.org/', 'https://example.org:444/', 'https://a.example.org/'])
    assert.throws(() => source(uri, 'example.org'), ArmError)
  for (const entry of ['', 'a b', 'example.org/x', 'https://me@example.org'])
    assert.throws(() => allow(entry), TypeError, entry)
  assert.equal(source('upload:one', 'example.org'), 'upload')
  assert.throws(() => source('upload:../one', 'example.org'), ArmError)
})

test('a file is fetched whole, with a redirect to an allowed host', async (t) => {
  const base = await aServer(t, ({ url }, answer) =>
    url === '/a' ? answer.writeHead(302, { location: '/b' }).end() : answer.end('disk'),
  )
  const path = join(folder(t), 'file')
  await fetchSource(`${base}/a`, path, optionsOf([allow(base, true)]))
  assert.equal(readFileSync(path, 'utf8'), 'disk')
})

test('what is not allowed, redirects elsewhere or for ever, is too much or is cut off is refused', async (t) => {
  let other = ''
  const base = await aServer(t, ({ url, method }, answer) => {
    assert.equal(method, 'GET')
    if (url === '/elsewhere') answer.writeHead(302, { location: `${other}/secret` }).end()
    else if (url === '/round') answer.writeHead(302, { location: '/round' }).end()
    else if (url === '/declared') answer.writeHead(200, { 'content-length': '2000' }).end()
    else if (url === '/streamed') answer.end('x'.repeat(2000))
    else if (url === '/short')
      answer.writeHead(200, { 'content-length': '900' }).write('x', () => answer.destroy())
    else answer.writeHead(404).end()
  })
  let isAsked = false
  other = await aServer(t, (_, answer) => {
    isAsked = true
    answer.end()
  })
  const path = join(folder(t), 'file')
  const fetched = (at: string, more = {}) =>
    fetchSource(base + at, path, optionsOf([allow(base, true)], more))
  await assert.rejects(fetched('/elsewhere'), refused(/its host is not allowed/))
  assert.equal(isAsked, false)
  await assert.rejects(fetched('/round'), refused(/redirects too often/))
  await assert.rejects(fetched('/declared'), refused(/more than 1000 bytes/))
  assert.equal(existsSync(path), false)
  await assert.rejects(fetched('/streamed'), refused(/more than 1000 bytes/))
  rmSync(path, { force: true })
  await assert.rejects(fetched('/short'), ArmError)
  await assert.rejects(fetched('/none'), refused(/answers 404/))
  const options = optionsOf([allow(base)])
  await assert.rejects(fetchSource(base, path, options), refused(/of this machine/))
})

test('a name is resolved once: an address that it has later is not connected to', async (t) => {
  const base = await aServer(t, ({ headers }, answer) => answer.end(headers.host))
  const { port } = new URL(base)
  let asked = 0
  const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254'])
  const path = join(folder(t), 'file')
  const url = `http://images.invalid:${port}`
  await fetchSource(url, path, optionsOf([allow(url, true)], { resolve }))
  assert.equal(readFileSync(path, 'utf8'), `images.invalid:${port}`)
  assert.equal(asked, 1)
  const both = async () => ['93.184.215.14', '127.0.0.1']
  await assert.rejects(
    fetchSource(url, path, optionsOf([allow(url)], { resolve: both })),
    refused(/127\.0\.0\.1 is of a private network/),
  )
})

test('a host that drips its answer or its bytes is waited for no longer than it takes the next MiB', async (t) => {
  const base = await aServer(t, ({ url, socket }, answer) => {
    const write = () => {
      if (url === '/head') socket.write('X')
      else if (url === '/body') answer.write('x')
      else answer.write(Buffer.alloc(1 << 20))
    }
    if (url === '/head') socket.write('HTTP/1.1 200 OK\r\n')
    write()
    const drip = setInterval(write, 20)
    socket.on('close', () => clearInterval(drip))
    const end = () => {
      clearInterval(drip)
      answer.end()
    }
    if (url === '/swift') setTimeout(end, 700)
  })
  const path = join(folder(t), 'file')
  const options = optionsOf([allow(base, true)], { paceMs: 200, bytesMax: 2 ** 40 })
  await assert.rejects(fetchSource(`${base}/head`, path, options), refused(/does not answer/))
  await assert.rejects(fetchSource(`${base}/body`, path, options), refused(/slower than 1 MiB/))
  rmSync(path)
  await fetchSource(`${base}/swift`, path, options)
})

test('a fetch that is cancelled ends at once', async (t) => {
  const base = await aServer(t, (_, answer) => answer.writeHead(200).write('x'))
  const controller = new AbortController()
  const { signal } = controller
  const fetching = fetchSource(
    base,
    join(folder(t), 'file'),
    optionsOf([allow(base, true)], { signal }),
  )
  setTimeout(() => controller.abort(), 50)
  await assert.rejects(fetching, (e) => signal.aborted && !(e instanceof ArmError))
})
