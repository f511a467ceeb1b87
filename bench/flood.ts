import { AGENT_PORT_NAME, encodeFrame } from '@trusted-launch/channel'
import { toUtf8 } from '@trusted-launch/codec'
import { buildSmall, type Image, type Machine } from '@trusted-launch/host'
import { bootLimitMs, cacheDirectory } from './virtual-machines.ts'

const frame = encodeFrame({ type: 0x81, id: 0xdead_beef, payload: new Uint8Array(65_000) })
const octal = (byte: number) => `\\${byte.toString(8).padStart(3, '0')}`
/** In the agent's place: writes answers that nobody asked for, as fast as they are taken. */
const program = `#!/bin/sh
printf '${[...frame]
  .map(octal)
  .join('')
  .replace(/(\\000)+$/, '')}' >/flood
head -c ${frame.length} /dev/zero >>/flood
truncate -s ${frame.length} /flood
until name=$(grep -lx ${AGENT_PORT_NAME} /sys/class/virtio-ports/*/name); do sleep 1; done
port=\${name%/name}
while :; do cat /flood /flood /flood /flood; done >/dev/\${port##*/}
`

/** The small guest, but it floods. */
export function floodingGuest(): Promise<Image> {
  return buildSmall({ cacheDirectory, agent: toUtf8(program) })
}

/** A flood that this process keeps asking for, until `stop`. */
export interface Flood {
  stop(): Promise<void>
}

/** Asks the flooding VM without pause; resolves when its first answer has been refused. */
export async function startFlood({ channel }: Machine): Promise<Flood> {
  let stopped = false
  const refused = () => channel.ask('info', null, bootLimitMs).catch(() => {})
  await refused()
  const asking = (async () => {
    while (!stopped) await refused()
  })()
  return {
    async stop() {
      stopped = true
      await asking
    },
  }
}
