import { homedir } from 'node:os'
import { join } from 'node:path'
import { Option } from 'commander'

/** Where a host's VMs are when nobody says otherwise. */
export function defaultStateDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/trusted-launch'
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'trusted-launch')
}

/** `--state DIR`, for every command about VMs. */
export function stateOption(): Option {
  return new Option(
    '--state <dir>',
    "the host's state directory (default: /var/lib/trusted-launch as root, ~/.local/state/trusted-launch otherwise)",
  )
}
