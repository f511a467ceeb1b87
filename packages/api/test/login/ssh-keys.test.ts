import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { keyDataFault, keyPathFault } from '../../src/login/ssh-keys.ts'

const string = (bytes: Uint8Array) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
const line = (type: string, ...parts: Uint8Array[]) =>
  `${type} ${Buffer.concat([Buffer.from(type), ...parts].map(string)).toString('base64')} me@home`

function rsa(bits: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  const { n, e } = publicKey.export({ format: 'jwk' })
  const [exponent, modulus] = [e!, n!].map((text) => Buffer.from(text, 'base64url'))
  return line('ssh-rsa', exponent!, Buffer.concat([Buffer.of(0), modulus!]))
}

test('an Ed25519 key, and an RSA key of 2,048 bits or more, let an administrator in', () => {
  assert.equal(keyDataFault(line('ssh-ed25519', Buffer.alloc(32, 1))), null)
  assert.equal(keyDataFault(`${rsa(2048)}\r\n`), null)
})

test('a shorter RSA key, another kind of key, one cut short and several lines are refused', () => {
  const good = line('ssh-ed25519', Buffer.alloc(32, 1))
  for (const bad of [
    rsa(1024),
    line('ssh-ed25519', Buffer.alloc(31)),
    line('ssh-ed25519', Buffer.alloc(32), Buffer.alloc(1)),
    line('ecdsa-sha2-nistp256', Buffer.from('nistp256'), Buffer.alloc(65)),
    line('ssh-rsa', Buffer.alloc(32)),
    good.slice(0, 60),
    `${good}\n${good}`,
    good.replace('ssh-ed25519 ', 'ssh-rsa '),
    '',
  ]) {
    const fault = keyDataFault(bad)
    assert.equal(fault?.target, 'linuxConfiguration.ssh.publicKeys.keyData', bad)
    assert.equal(
      fault.message,
      'The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.',
    )
  }
})

test('keys go into the administrator’s own file alone', () => {
  assert.equal(keyPathFault('/home/ann/.ssh/authorized_keys', 'ann'), null)
  assert.equal(
    keyPathFault('/root/.ssh/authorized_keys', 'ann')?.message,
    'Destination path for SSH public keys is currently limited to its default value /home/ann/.ssh/authorized_keys  due to a known issue in Linux provisioning agent.',
  )
})
