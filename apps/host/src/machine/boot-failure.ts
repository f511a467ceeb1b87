import { HostError } from '../errors.ts'

export type BootFailureCode =
  | 'secure-boot-violation'
  | 'no-disk'
  | 'no-loader'
  | 'kernel-not-found'
  | 'guest-panic'
  | 'boot-loop'
  | 'agent-silent'
  | 'guest-stopped'
  | 'machine-crashed'
  | 'vtpm-lost'

/** What is started under Secure Boot, in order. */
export const BOOT_COMPONENTS = ['loader', 'GRUB', 'kernel'] as const
export type BootComponent = (typeof BOOT_COMPONENTS)[number]

/**
 * A guest that did not come up, and why. `confirmed`: the named file on the stopped disk was verified
 * against the VM's db and dbx and refused; without it the console alone says so, which a guest
 * writes too. `console` is the end of the console, printable lines only.
 */
export class BootFailure extends HostError<BootFailureCode> {
  readonly component: BootComponent | null
  readonly confirmed: boolean
  readonly console: readonly string[]

  constructor(
    code: BootFailureCode,
    message: string,
    facts: { component?: BootComponent | null; confirmed?: boolean; console?: string },
  ) {
    super(code, message)
    this.component = facts.component ?? null
    this.confirmed = facts.confirmed ?? false
    this.console = lastLines(facts.console ?? '')
  }
}

/** What a console says about a boot that stands still. */
export interface ConsoleFinding {
  readonly code: BootFailureCode
  readonly component: BootComponent | null
  readonly message: string
}

interface Pattern extends ConsoleFinding {
  readonly lines: readonly RegExp[]
}

/**
 * What OVMF, shim, GRUB and Linux print when they stop; every expression must be found. First row that
 * fits. Lines about the built-in shell do not count: OVMF tries it after every failed boot. Labels of boot
 * options do not count: they depend on the disk's bus.
 */
const PATTERNS: readonly Pattern[] = [
  violation('kernel', 'GRUB refused the kernel', /error: .*bad shim signature/),
  violation('GRUB', 'shim refused GRUB', /Verification failed: \(0x1A\)/),
  violation(
    'loader',
    'the firmware refused the loader',
    /failed to (load|start) Boot\w+ .*: (Access Denied|Security Violation)/,
  ),
  stop('guest-panic', null, "the guest's kernel panicked", /Kernel panic - not syncing/),
  stop('no-loader', 'GRUB', 'shim found no GRUB', /Failed to open \\EFI\\.* - Not Found/i),
  stop(
    'kernel-not-found',
    'kernel',
    'GRUB found no kernel',
    /error: file `.*' not found/,
    // `initrdefi` without a kernel crashes GRUB.
    /error: you need to load the kernel first|Aborted\. Press any key to exit/,
  ),
  stop(
    'no-loader',
    'loader',
    'the disk holds no loader',
    /failed to load Boot\w+ .*: Not Found/,
    /No bootable option or device was found/,
  ),
  stop('no-disk', null, 'the firmware found no disk', /No bootable option or device was found/),
]

function violation(component: BootComponent, message: string, line: RegExp): Pattern {
  return { code: 'secure-boot-violation', component, message, lines: [line] }
}

function stop(
  code: BootFailureCode,
  component: BootComponent | null,
  message: string,
  ...lines: RegExp[]
): Pattern {
  return { code, component, message, lines }
}

/**
 * Reads the console of one boot attempt. It says what the texts mean, not that they are true: count it
 * only while nothing more is printed and the agent has not answered.
 */
export function readConsole(console: string): ConsoleFinding | null {
  const lines = linesOf(console)
    .map((line) => line.slice(0, LINE_READ))
    .filter((line) => !line.includes('EFI Internal Shell'))
  const has = (pattern: RegExp) => lines.some((line) => pattern.test(line))
  return PATTERNS.find((row) => row.lines.every(has)) ?? null
}

/** A line is read so far: a guest that prints one without end costs no time. */
const LINE_READ = 512
const LINES_SHOWN = 12
const LINE_SHOWN = 200

/** The last lines of a console, free of control sequences. */
export function lastLines(console: string): string[] {
  return linesOf(console)
    .map((line) => line.trim().slice(0, LINE_SHOWN))
    .filter((line) => line !== '')
    .slice(-LINES_SHOWN)
}

function linesOf(console: string): string[] {
  return console
    .replace(/\x1b\[[0-9;=?]*[A-Za-z]/g, '\n')
    .replace(/[^\n -~]/g, (c) => (c === '\r' ? '\n' : ''))
    .split('\n')
}
