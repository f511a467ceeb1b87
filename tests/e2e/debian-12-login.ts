import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine, MachineSpec } from '@trusted-launch/host'
import { need } from '../../tools/setup.mjs'
import { BOOT_MS, testFolder } from './machines.ts'

/** SHA-512 crypt of a word that nobody uses. */
export const PASSWORD =
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

/** What a debian-12 VM needs for somebody to log in, and the way in. */
export interface Login {
  readonly spec: Required<Pick<MachineSpec, 'network' | 'seed'>>
  /** Waits until the guest lets alice in. */
  untilLetIn(vm: Machine): Promise<void>
  /** Runs a command in the guest, as alice. */
  run(command: string): SpawnSyncReturns<string>
}

/** A guest called web with a user alice, her password, and a key of the test's own. */
export async function login(t: TestContext): Promise<Login> {
  await need({ 'openssh-client': 'logs in to the guest' }, { yes: true })
  const folder = testFolder(t)
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const hostPort = await freePort()
  const options = ['StrictHostKeyChecking=no', `UserKnownHostsFile=${join(folder, 'known')}`]
  options.push('BatchMode=yes', 'ConnectTimeout=10', 'LogLevel=ERROR')
  const ssh = ['-i', key, '-p', String(hostPort), ...options.flatMap((each) => ['-o', each])]
  const run = (command: string) =>
    spawnSync('ssh', [...ssh, 'alice@127.0.0.1', command], { encoding: 'utf8' })
  return {
    spec: {
      network: {
        kind: 'user',
        mac: '52:54:00:12:34:56',
        forwards: [{ hostAddress: '127.0.0.1', hostPort, guestPort: 22 }],
      },
      seed: {
        userData: Buffer.from(userData(readFileSync(`${key}.pub`, 'utf8').trim())),
        metaData: Buffer.from(metaData),
      },
    },
    run,
    async untilLetIn(vm) {
      for (const until = Date.now() + 2 * BOOT_MS; Date.now() < until; await sleep(1_000))
        if (run('true').status === 0) return
      throw new Error(`nobody is let in:\n${vm.consoles.tail()}`)
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
