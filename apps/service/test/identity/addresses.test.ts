import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Addresses } from '../../src/identity/addresses.ts'

test('the listening name comes first; the local ones and the public ones are there too', () => {
  const addresses = new Addresses({
    ...{ host: '192.168.7.7', port: 8443 },
    publicNames: ['Cloud.example', 'front.example:443', '::1'],
  })
  assert.deepEqual(addresses.bases, [
    'https://192.168.7.7:8443',
    'https://127.0.0.1:8443',
    'https://localhost:8443',
    'https://cloud.example:8443',
    'https://front.example',
    'https://[::1]:8443',
  ])
  assert.deepEqual(addresses.names, [
    ...['192.168.7.7', '127.0.0.1', 'localhost', 'cloud.example', 'front.example', '::1'],
  ])
})

test('a Host header names a base letter for letter, or none', () => {
  const addresses = new Addresses({
    ...{ host: '0.0.0.0', port: 8443, publicNames: ['front.example:443'] },
  })
  assert.equal(addresses.baseOf('LOCALHOST:8443'), 'https://localhost:8443')
  assert.equal(addresses.baseOf('front.example'), 'https://front.example')
  assert.equal(addresses.baseOf('front.example:443'), 'https://front.example')
  for (const host of [
    ...[undefined, '', 'localhost', 'localhost:8444', '0.0.0.0:8443', 'front.example:8443'],
    ...['evil@localhost:8443', 'localhost:8443/evil', 'localhost:8443, evil', 'localhost.:8443'],
  ])
    assert.equal(addresses.baseOf(host), null, host)
})

test('what is no name or address is refused at the start', () => {
  for (const name of ['a b', 'user@host', 'host/path', 'host?x', 'https://host'])
    assert.throws(
      () => new Addresses({ host: 'localhost', port: 1, publicNames: [name] }),
      TypeError,
    )
})
