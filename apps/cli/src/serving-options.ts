import type { Settings } from '@trusted-launch/service'
import type { Command } from 'commander'
import { repeatable } from './repeatable.ts'

/** How a control plane serves, as its data folder remembers it. */
export interface ServingOptions {
  readonly location?: string
  readonly publicName?: readonly string[]
  readonly allowSource?: readonly string[] | false
  readonly allowPrivateSource?: readonly string[]
}

/** Adds what `tl up` is told once. */
export function withServing(command: Command): Command {
  return command
    .option(
      '--location <name>',
      'what the one location of this installation is called; remembered (default: local)',
    )
    .addOption(repeatable('--public-name <name>', 'another name that it is reached by; remembered'))
    .addOption(
      repeatable(
        '--allow-source <host>',
        'a host that images and disks may be fetched from; remembered, until others are given',
      ),
    )
    .addOption(
      repeatable('--allow-private-source <host>', 'one on a private network or this machine'),
    )
    .option('--no-allow-source', 'nothing is fetched from hosts that were allowed before')
}

/** The same as words of a command. */
export function servingWords(options: ServingOptions): string[] {
  const { location, publicName = [], allowSource, allowPrivateSource = [] } = options
  return [
    ...(location === undefined ? [] : ['--location', location]),
    ...publicName.flatMap((name) => ['--public-name', name]),
    ...(allowSource === false ? ['--no-allow-source'] : []),
    ...(allowSource || []).flatMap((host) => ['--allow-source', host]),
    ...allowPrivateSource.flatMap((host) => ['--allow-private-source', host]),
  ]
}

/** @throws {TypeError} a source is no host. */
export async function servingFrom(options: ServingOptions): Promise<Settings> {
  const { parseAllowedSource } = await import('@trusted-launch/service')
  const { location, publicName, allowSource, allowPrivateSource } = options
  const isSaid = allowSource !== undefined || allowPrivateSource !== undefined
  return {
    ...(location !== undefined && { location }),
    ...(publicName !== undefined && { publicNames: publicName }),
    ...(isSaid && {
      allowedSources: [
        ...(allowSource || []).map((host) => parseAllowedSource(host, false)),
        ...(allowPrivateSource ?? []).map((host) => parseAllowedSource(host, true)),
      ],
    }),
  }
}
