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
 * The newest lines about modules of the kernel's log, the oldest of them first: the kernel's word as far as this
 * guest hands it out. The log stays open: who asks again waits for what is new alone.
 */
export class ModuleMessages {
  readonly #path: string
  #fd = -1
  readonly #lines: string[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** @throws {AgentError} `log-unavailable`: it cannot be read. */
  read(): string[] {
    if (this.#fd < 0) this.#fd = openLog(this.#path)
    const lines = this.#lines
    for (let i = 0; i < RECORDS_MAX; i++) {
      const record = nextRecord(this.#fd)
      if (record === null) break
      for (const text of messagesIn(toLatin1(record))) lines.push(text)
      if (lines.length > MODULE_MESSAGES_MAX) lines.splice(0, lines.length - MODULE_MESSAGES_MAX)
    }
    return lines
  }
}

function openLog(path: string): number {
  try {
    return openDescriptor(path, os.O_RDONLY | O_NONBLOCK)
  } catch (e) {
    throw new AgentError('log-unavailable', (e as Error).message, { cause: e })
  }
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

function messagesIn(record: string): string[] {
  const found: string[] = []
  // Of nearly all records that is all that is asked.
  if (!ABOUT_MODULES.test(record)) return found
  for (const line of record.split('\n')) {
    const [, level, text] = RECORD.exec(line) ?? []
    if (text === undefined || Number(level) >= FACILITY || !ABOUT_MODULES.test(text)) continue
    found.push(toPlainText(text, MODULE_MESSAGE_CHARACTERS_MAX))
  }
  return found
}
