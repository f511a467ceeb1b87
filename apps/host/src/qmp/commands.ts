import { QmpError } from './errors.ts'

/** What `query-status` may say of the virtual CPUs. QEMU 7.2, qapi/run-state.json, `RunState`. */
export type RunState =
  | 'debug'
  | 'inmigrate'
  | 'internal-error'
  | 'io-error'
  | 'paused'
  | 'postmigrate'
  | 'prelaunch'
  | 'finish-migrate'
  | 'restore-vm'
  | 'running'
  | 'save-vm'
  | 'shutdown'
  | 'suspended'
  | 'watchdog'
  | 'guest-panicked'
  | 'colo'

/** One row of `query-chardev`. `filename` starts with `disconnected:` when nobody is at the other end. */
export interface Chardev {
  readonly label: string
  readonly filename: string
  readonly 'frontend-open': boolean
}

/** One row of `query-named-block-nodes`: what it is called, and how large the guest sees it. */
export interface BlockNode {
  readonly name: string
  readonly bytes: number
}

/** One row of `query-jobs`: a job that is `concluded` is over; `error` tells why it failed. */
export interface BlockJob {
  readonly id: string
  readonly status: string
  readonly error: string | null
}

/** One of QEMU's announcements. */
export interface QmpEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * The commands we use and what each answers; an answer is checked before it is believed, since a guest
 * that broke out of QEMU writes it. QEMU QMP Reference Manual.
 */
export const COMMANDS = {
  'query-status': command<{}, { status: RunState; running: boolean }>((value) => {
    const { status, running } = object(value)
    if (typeof status !== 'string' || typeof running !== 'boolean') throw unexpected()
    return { status: status as RunState, running }
  }),
  'query-chardev': command<{}, Chardev[]>((value) =>
    array(value).map((row) => {
      const { label, filename, 'frontend-open': open } = object(row)
      if (typeof label !== 'string' || typeof filename !== 'string') throw unexpected()
      return { label, filename, 'frontend-open': open === true }
    }),
  ),
  'query-uuid': command<{}, { UUID: string }>((value) => {
    const { UUID } = object(value)
    if (typeof UUID !== 'string') throw unexpected()
    return { UUID }
  }),
  'ringbuf-read': command<{ device: string; size: number; format: 'base64' }, Uint8Array>(
    (value) => {
      if (typeof value !== 'string') throw unexpected()
      return Buffer.from(value, 'base64')
    },
  ),
  'query-named-block-nodes': command<{ flat: true }, BlockNode[]>((value) =>
    array(value).map((row) => {
      const { 'node-name': name, image } = object(row)
      const { 'virtual-size': bytes } = object(image)
      if (typeof name !== 'string' || typeof bytes !== 'number') throw unexpected()
      return { name, bytes }
    }),
  ),
  'blockdev-add': command<object, void>(nothing),
  'blockdev-del': command<{ 'node-name': string }, void>(nothing),
  /** All begin at one moment, or none does. */
  transaction: command<{ actions: readonly object[] }, void>(nothing),
  'query-jobs': command<{}, BlockJob[]>((value) =>
    array(value).map((row) => {
      const { id, status, error } = object(row)
      if (typeof id !== 'string' || typeof status !== 'string') throw unexpected()
      return { id, status, error: typeof error === 'string' ? error : null }
    }),
  ),
  'job-cancel': command<{ id: string }, void>(nothing),
  'job-dismiss': command<{ id: string }, void>(nothing),
  block_resize: command<{ 'node-name': string; size: number }, void>(nothing),
  device_add: command<object, void>(nothing),
  device_del: command<{ id: string }, void>(nothing),
  'chardev-change': command<{ id: string; backend: object }, void>(nothing),
  screendump: command<{ filename: string; format: 'png' | 'ppm' }, void>(nothing),
  set_link: command<{ name: string; up: boolean }, void>(nothing),
  system_powerdown: command<{}, void>(nothing),
  system_reset: command<{}, void>(nothing),
  cont: command<{}, void>(nothing),
  stop: command<{}, void>(nothing),
  quit: command<{}, void>(nothing),
}

export type Commands = typeof COMMANDS
export type Arguments<Name extends keyof Commands> =
  Commands[Name] extends Command<infer A, any> ? A : never
export type Answer<Name extends keyof Commands> =
  Commands[Name] extends Command<any, infer R> ? R : never

interface Command<A, R> {
  readonly answer: (value: unknown) => R
  /** Carries the type of the arguments; never there. */
  readonly arguments?: A
}

function command<A, R>(answer: (value: unknown) => R): Command<A, R> {
  return { answer }
}

function nothing(): void {}

function unexpected(): QmpError {
  return new QmpError('qmp-malformed', 'an answer of an unexpected shape')
}

/** @throws {QmpError} `qmp-malformed` */
export function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected()
  return value as Record<string, unknown>
}

function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unexpected()
  return value
}
