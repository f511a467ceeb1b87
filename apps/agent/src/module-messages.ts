import {
  AgentError,
  MODULE_MESSAGE_CHARACTERS_MAX,
  MODULE_MESSAGES_MAX,
  toPlainText,
} from '@trusted-launch/channel'
import { toLatin1 } from '@trusted-launch/codec'
import * as os from 'os'
import { DescriptorError, O_NONBLOCK, openDescriptor, readSome } from './descriptor.ts'

/** Gives one record a read, from the oldest that is left. */
export const KERNEL_LOG_PATH = '/dev/kmsg'

/** No record is longer. Linux, printk: PRINTKRB_RECORD_MAX and what escapes make of it. */
const RECORD_BYTES_MAX = 8192
/** Whoever writes faster than we read keeps nobody here. */
const RECORDS_MAX = 16384
/** Records were overwritten before they were read: the next read goes on behind them. */
const EPIPE = 32

/** Level and facility, sequence, time, flags; then the text. Linux, Documentation/ABI/testing/dev-kmsg. */
const RECORD = /^(\d+),\d+,\d+,[^;]*;(.*)$/
/** What is not the kernel's own has a facility. */
const FACILITY = 8

/** What kernel/module and security/lockdown say of a module that was refused, or that nobody trusted signed. */
const ABOUT_MODULES = new RegExp(
  [
    'module verification failed',
    'taints kernel',
    'oading of .+ is rejected',
    'module loading is restricted',
    'PKCS#7 signature not signed with a trusted key',
  ].join('|'),
)

/**
 * The newest lines about modules of the kernel's log, the oldest of them first: the kernel's word as
 * far as this guest hands it out. @throws {AgentError} `log-unavailable`: it cannot be read.
 */
export function readModuleMessages(path: string): string[] {
  let fd: number
  try {
    fd = openDescriptor(path, os.O_RDONLY | O_NONBLOCK)
  } catch (e) {
    throw new AgentError('log-unavailable', (e as Error).message, { cause: e })
  }
  const lines: string[] = []
  try {
    for (let i = 0; i < RECORDS_MAX; i++) {
      const record = nextRecord(fd)
      if (record === null) break
      for (const text of messagesIn(record)) lines.push(text)
      if (lines.length > MODULE_MESSAGES_MAX) lines.splice(0, lines.length - MODULE_MESSAGES_MAX)
    }
  } finally {
    os.close(fd)
  }
  return lines
}

/** Null at the end. */
function nextRecord(fd: number): Uint8Array | null {
  try {
    const bytes = readSome(fd, RECORD_BYTES_MAX)
    return bytes.length > 0 ? bytes : null
  } catch (e) {
    if (e instanceof DescriptorError && e.errorNumber === EPIPE) return new Uint8Array()
    return null
  }
}

function messagesIn(record: Uint8Array): string[] {
  const found: string[] = []
  for (const line of toLatin1(record).split('\n')) {
    const [, level, text] = RECORD.exec(line) ?? []
    if (text === undefined || Number(level) >= FACILITY || !ABOUT_MODULES.test(text)) continue
    found.push(toPlainText(text, MODULE_MESSAGE_CHARACTERS_MAX))
  }
  return found
}
