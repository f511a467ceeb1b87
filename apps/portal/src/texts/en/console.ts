import type { ConsoleEnd } from '@trusted-launch/api'

/** A virtual machine's consoles. */
export const consoles = {
  kind: 'What is shown',
  kinds: { serial: 'Serial port', screen: 'Screen' },
  watch: 'Watch only',
  readOut: 'For screen readers',
  tools: 'Console',
  connect: 'Connect',
  disconnect: 'Disconnect',
  copy: 'Copy',
  paste: 'Paste',
  clear: 'Clear',
  full: 'Full screen',
  leaveFull: 'Leave full screen',
  keys: 'Send Ctrl+Alt+Delete',
  of: (machine: string) => `Console of ${machine}`,
  screenOf: (machine: string) => `Screen of ${machine}`,
  leave:
    'Keys go to the virtual machine, Tab too. Ctrl+Shift+Backspace comes back to these buttons.',
  off: 'Disconnected',
  connecting: 'Connecting …',
  open: 'Connected',
  watching: 'Connected, to watch only',
  waiting: (seconds: number) => `The connection was lost. It is tried again in ${seconds} s.`,
  noClipboard: 'The browser does not let this page read the clipboard. Ctrl+Shift+V pastes.',
  leftOut: (bytes: number) => `${bytes} bytes left out`,
  notRunning: (name: string, power: string) => `${name} has no console now: ${power}.`,
  notRunningAdvice: 'Start it, and it is shown here from its firmware on.',
  ends: {
    MachineEnded: 'The virtual machine was stopped, or ended.',
    ConsoleFailed: 'It could not be opened. The log of the service says why.',
    ScreenNotThere:
      'The virtual machine was started before screens could be looked at. Stop it and start it once.',
    TooManyConsoles: 'As many look at this virtual machine as may. Try again when one has gone.',
    SignedOut: 'Your session is over.',
    AuthorizationFailed: 'You may not look at it any more, or the virtual machine is gone.',
    ConsoleIdle: 'Nothing was typed and nothing printed for long.',
    ConsoleSlow: 'It takes nothing of what is sent.',
    InvalidInput: 'What was sent is no input of a screen.',
  } satisfies Record<ConsoleEnd, string> as Readonly<Record<ConsoleEnd, string>>,
}
