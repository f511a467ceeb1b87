import { type AgentInfo, INFO_TEXT_CHARACTERS_MAX, toPlainText } from '@trusted-launch/channel'
import { toLatin1 } from '@trusted-launch/codec'
import * as os from 'os'
import { openDescriptor, readSome } from './descriptor.ts'

/** What this guest says of itself: for people, nothing vouches for it. */
export function readInfo(): AgentInfo {
  const text = (path: string) => toPlainText(readText(path), INFO_TEXT_CHARACTERS_MAX)
  return {
    agentVersion: AGENT_VERSION,
    kernelRelease: text('/proc/sys/kernel/osrelease'),
    bootId: text('/proc/sys/kernel/random/boot_id'),
    lockdown: text('/sys/kernel/security/lockdown'),
    sleepStates: toPlainText(sleepStates(), INFO_TEXT_CHARACTERS_MAX),
    uptimeMs: Math.floor((Number.parseFloat(readText('/proc/uptime')) || 0) * 1000),
    residentKiB: Number(/VmRSS:\s*(\d+) kB/.exec(readText('/proc/self/status'))?.[1] ?? 0),
  }
}

function sleepStates(): string {
  return `${readText('/sys/power/state').trim()}; mem is ${readText('/sys/power/mem_sleep')}`
}

const TEXT_BYTES_MAX = 2048

/** The beginning of a small file; nothing when there is none. */
export function readText(path: string): string {
  let fd: number
  try {
    fd = openDescriptor(path, os.O_RDONLY)
  } catch {
    return ''
  }
  try {
    return toLatin1(readSome(fd, TEXT_BYTES_MAX))
  } catch {
    return ''
  } finally {
    os.close(fd)
  }
}
