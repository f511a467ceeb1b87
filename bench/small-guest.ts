import { connect } from 'node:net'
import { join } from 'node:path'
import { Conversation } from '@trusted-launch/channel'
import { buildImage } from '../apps/host/src/images/build-image.ts'
import type { BareMachine, BareOptions } from './bare-machine.ts'

const cacheDirectory = join(import.meta.dirname, '../.cache')

/** What the small guest prints once its userspace runs. */
export const userspaceLine = 'trusted-launch: userspace'

/** The pristine small guest under Debian's firmware with Secure Boot on, as a bare machine. */
export async function smallGuest(
  tpm: boolean,
  accelerator: 'kvm' | 'tcg' = 'tcg',
): Promise<BareOptions> {
  const { path } = await buildImage('small', { cacheDirectory })
  return {
    disk: path,
    accelerator,
    memoryMiB: 1024,
    vcpus: 1,
    code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
    variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
    tpm,
  }
}

/** Talks to the agent of a started machine; the first answer comes when the agent is up. */
export function converse(machine: BareMachine): Conversation {
  const socket = connect(machine.port)
  const conversation = new Conversation((bytes) => socket.write(bytes), 1)
  socket.on('data', (chunk) => conversation.receive(chunk))
  socket.on('error', (e) => conversation.end(e))
  socket.on('close', () => conversation.end(new Error('the machine is gone')))
  return conversation
}
