import type { Host } from '@trusted-launch/host'
import type { Output } from './output.ts'
import { defaultStateDirectory } from './state-directory.ts'
import { plain } from './verdict.ts'

/** One manager at a time: while another program holds the state directory, this fails and says so. */
export async function withHost(
  options: { state?: string },
  output: Output,
  use: (host: Host) => Promise<void>,
): Promise<void> {
  const { openHost } = await import('@trusted-launch/host')
  const stateDirectory = options.state ?? defaultStateDirectory()
  const host = await openHost({
    stateDirectory,
    log: ({ message }) => output.err(`tl: ${plain(message)}\n`),
  })
  try {
    await use(host)
  } finally {
    await host.close()
  }
}
