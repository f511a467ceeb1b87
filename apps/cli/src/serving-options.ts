import { resolve } from 'node:path'
import type { Settings } from '@trusted-launch/service'
import type { Command } from 'commander'
import { repeatable } from './repeatable.ts'

/** How a control plane serves, as its data folder remembers it. */
export interface ServingOptions {
  readonly location?: string
  readonly publicName?: readonly string[]
  readonly allowSource?: readonly string[] | false
  readonly allowPrivateSource?: readonly string[]
  readonly allowReceiver?: readonly string[] | false
  readonly alertFiles?: string
  readonly publicPool?: readonly string[] | false
  readonly bridge?: readonly string[] | false
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
    .addOption(
      repeatable(
        '--allow-receiver <host>',
        'a host on a private network or this machine that alerts may be sent to; remembered',
      ),
    )
    .option('--no-allow-receiver', 'none of those that were allowed before')
    .option('--alert-files <dir>', 'where alerts may be written to files; remembered')
    .addOption(
      repeatable(
        '--public-pool <cidr>',
        'addresses that are routed to this machine, for public addresses, in place of 198.18.0.0/24, which only it knows; remembered',
      ),
    )
    .option('--no-public-pool', 'no public address is given')
    .addOption(
      repeatable(
        '--bridge <bridge>',
        'a bridge of this machine that a network may be on: NAME[:VLAN]=ROUTER/LENGTH,FIRST-LAST; the addresses are its VMs’, the first this machine’s; remembered',
      ),
    )
    .option('--no-bridge', 'no network is made on a bridge')
}

/** The same as words of a command. */
export function servingWords(options: ServingOptions): string[] {
  const { location, publicName = [], allowSource, allowPrivateSource = [] } = options
  const { allowReceiver, alertFiles, publicPool, bridge } = options
  return [
    ...(location === undefined ? [] : ['--location', location]),
    ...publicName.flatMap((name) => ['--public-name', name]),
    ...(allowSource === false ? ['--no-allow-source'] : []),
    ...(allowSource || []).flatMap((host) => ['--allow-source', host]),
    ...allowPrivateSource.flatMap((host) => ['--allow-private-source', host]),
    ...(allowReceiver === false ? ['--no-allow-receiver'] : []),
    ...(allowReceiver || []).flatMap((host) => ['--allow-receiver', host]),
    ...(alertFiles === undefined ? [] : ['--alert-files', resolve(alertFiles)]),
    ...(publicPool === false ? ['--no-public-pool'] : []),
    ...(publicPool || []).flatMap((cidr) => ['--public-pool', cidr]),
    ...(bridge === false ? ['--no-bridge'] : []),
    ...(bridge || []).flatMap((one) => ['--bridge', one]),
  ]
}

/** @throws {TypeError} a source or receiver is no host, or a pool is none. */
export async function servingFrom(options: ServingOptions): Promise<Settings> {
  const { parseAllowedReceiver, parseAllowedSource, parseBridge, parsePublicPool } = await import(
    '@trusted-launch/service'
  )
  const { location, publicName, allowSource, allowPrivateSource } = options
  const { allowReceiver, alertFiles, publicPool, bridge } = options
  for (const one of bridge || []) parseBridge(one)
  for (const cidr of publicPool || []) parsePublicPool(cidr)
  const isSaid = allowSource !== undefined || allowPrivateSource !== undefined
  return {
    ...(location !== undefined && { location }),
    ...(publicName !== undefined && { publicNames: publicName }),
    ...(alertFiles !== undefined && { alertFiles: resolve(alertFiles) }),
    ...(publicPool !== undefined && { publicPool: publicPool || [] }),
    ...(bridge !== undefined && { bridges: bridge || [] }),
    ...(allowReceiver !== undefined && {
      allowedReceivers: (allowReceiver || []).map((host) => parseAllowedReceiver(host)),
    }),
    ...(isSaid && {
      allowedSources: [
        ...(allowSource || []).map((host) => parseAllowedSource(host, false)),
        ...(allowPrivateSource ?? []).map((host) => parseAllowedSource(host, true)),
      ],
    }),
  }
}
