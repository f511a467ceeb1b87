import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Option } from 'commander'

/** Where the control plane keeps everything when nobody says otherwise. */
export function defaultDataDirectory(): string {
  const { XDG_DATA_HOME } = process.env
  if (!XDG_DATA_HOME && process.getuid?.() === 0) return '/var/lib/trusted-launch/service'
  return join(XDG_DATA_HOME || join(homedir(), '.local/share'), 'trusted-launch/service')
}

/** `--data DIR`, for what works on the control plane's own folder. */
export function dataOption(): Option {
  return new Option(
    '--data <dir>',
    'the data folder (default: /var/lib/trusted-launch/service as root, ~/.local/share/trusted-launch/service otherwise)',
  )
}

export function dataDirectory({ data }: { data?: string }): string {
  return resolve(data ?? defaultDataDirectory())
}
