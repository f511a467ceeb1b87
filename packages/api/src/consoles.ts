/** What of a VM is looked at: its serial port, bytes of a terminal; or its screen, by RFB (RFC 6143). */
export type ConsoleKind = 'serial' | 'screen'

/** What opens one WebSocket, once, within a minute. */
export interface ConsoleTicket {
  /** `wss://HOST:PORT/consoles` */
  readonly url: string
  readonly ticket: string
  /** RFC 3339 */
  readonly expiresAt: string
}

/** Where consoles are, below the service's address. */
export const CONSOLES_PATH = '/consoles'
/** What the service answers with of what was offered. RFC 6455, 1.9. */
export const CONSOLE_PROTOCOL = 'console.trusted-launch'
const TICKET = 'ticket.'
/** The most that is typed in one message, in bytes. */
export const CONSOLE_MESSAGE_MAX = 65_536

/** What a WebSocket offers: a ticket is in no address, and so in no log. */
export function consoleProtocols(ticket: string): string[] {
  return [CONSOLE_PROTOCOL, TICKET + ticket]
}

/** The ticket among what was offered; null: another protocol, or none. */
export function ticketIn(offered: readonly string[]): string | null {
  if (!offered.includes(CONSOLE_PROTOCOL)) return null
  return offered.find((one) => one.startsWith(TICKET))?.slice(TICKET.length) ?? null
}

/** Why the service ends a console, by the code that its WebSocket is closed with. RFC 6455, 7.4.2: 4000 to 4999 are ours. */
export const CONSOLE_ENDS = {
  /** The VM was stopped, or ended. */
  MachineEnded: 4000,
  /** It could not be opened; the service's log says why. */
  ConsoleFailed: 4001,
  /** QEMU was started without a screen that is looked at: the VM is stopped and started once. */
  ScreenNotThere: 4002,
  /** As many look at it as may. */
  TooManyConsoles: 4003,
  /** The session or token is over. */
  SignedOut: 4004,
  /** The right was taken away, or the VM is gone. */
  AuthorizationFailed: 4005,
  /** Nothing was typed and nothing printed for long. */
  ConsoleIdle: 4006,
  /** Whoever looks takes nothing, or the VM takes nothing of the screen's input. */
  ConsoleSlow: 4007,
  /** What was sent is no input of a screen. */
  InvalidInput: 4008,
} as const
export type ConsoleEnd = keyof typeof CONSOLE_ENDS

/** The end that a close code tells of; null: none of ours, so the connection was lost. */
export function consoleEndOf(code: number): ConsoleEnd | null {
  const found = Object.entries(CONSOLE_ENDS).find(([, one]) => one === code)
  return (found?.[0] as ConsoleEnd | undefined) ?? null
}
