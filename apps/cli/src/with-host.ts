import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '@trusted-launch/host'
import type { Output } from './output.ts'
import { plain } from './plain-text.ts'
import { defaultStateDirectory } from './state-directory.ts'

/**
 * One manager at a time: while another program holds the state directory, this fails and says so. A
 * state directory is never made here: a mistyped name would get keys and an authority of its own.
 */
export async function withHost(
  options: { state?: string },
  output: Output,
  use: (host: Host) => Promise<void>,
): Promise<void> {
  const stateDirectory = options.state ?? defaultStateDirectory()
  if (!existsSync(join(stateDirectory, 'vms')))
    throw new Error(
      `${stateDirectory} is no state directory: no VM was ever made there. --state DIR names another; \`npm run demo -- --keep\` makes VMs and says where`,
    )
  const { openHost } = await import('@trusted-launch/host')
  const host = await openHost({
    stateDirectory,
    log: ({ level, vm, message }) => {
      const of = vm === null ? '' : `${plain(vm)}: `
      if (level === 'warning') output.err(`tl: ${of}${plain(message)}\n`)
    },
  })
  try {
    await use(host)
  } finally {
    await host.close()
  }
}
