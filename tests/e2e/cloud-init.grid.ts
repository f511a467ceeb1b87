import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { appraiseEvidence } from '@trusted-launch/attestation'
import { need } from '../../tools/setup.mjs'
import { ask, expected, foretell } from './attestation.ts'
import { debian12Image } from './debian-12-image.ts'
import { BOOT_MS, smallVm, testFolder } from './machines.ts'

/** SHA-512 crypt of a word that nobody uses. */
const PASSWORD =
  '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/'

const userData = (publicKey: string) => `#cloud-config
users:
  - name: alice
    shell: /bin/bash
    sudo: ALL=(ALL) NOPASSWD:ALL
    lock_passwd: false
    passwd: ${PASSWORD}
    ssh_authorized_keys: [ '${publicKey}' ]
`
const metaData = 'instance-id: vm-1-1\nlocal-hostname: web\n'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('debian-12 comes up with the user, key, password and name it is given, and is affirmed', async (t) => {
  const image = await debian12Image(t)
  if (image === null) return
  await need({ 'openssh-client': 'logs in to the guest' }, { yes: true })
  const folder = testFolder(t)
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const hostPort = await freePort()
  const { host, vm } = await smallVm(t, {
    image,
    memoryMiB: 1024,
    network: {
      kind: 'user',
      mac: '52:54:00:12:34:56',
      forwards: [{ hostAddress: '127.0.0.1', hostPort, guestPort: 22 }],
    },
    seed: {
      userData: Buffer.from(userData(readFileSync(`${key}.pub`, 'utf8').trim())),
      metaData: Buffer.from(metaData),
    },
  })
  const references = await foretell(image, vm)
  await vm.start()
  await vm.waitForAgent(2 * BOOT_MS)

  const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${join(folder, 'known')}`]
  options.push('BatchMode=yes', 'ConnectTimeout=10', 'LogLevel=ERROR')
  const login = ['-i', key, '-p', String(hostPort), ...options.flatMap((each) => ['-o', each])]
  const guest = (command: string) =>
    spawnSync('ssh', [...login, 'alice@127.0.0.1', command], { encoding: 'utf8' })
  const until = Date.now() + 2 * BOOT_MS
  while (guest('true').status !== 0 && Date.now() < until) await sleep(1_000)

  assert.equal(guest('hostname').stdout, 'web\n', vm.consoleTail())
  assert.equal(guest('sudo getent shadow alice').stdout.split(':')[1], PASSWORD)
  assert.match(guest('sudo cloud-init status --wait').stdout, /status: done\s*$/)
  assert.notEqual(
    guest('sudo sh -c "echo >/dev/vdb"').status,
    0,
    'the seed is not to be written to',
  )

  const { findings, result } = appraiseEvidence(await ask(vm, await expected(host, vm, references)))
  assert.deepEqual([findings, result.tier], [[], 'affirming'])
})
