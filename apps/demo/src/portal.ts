import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { shownPath } from './paths.ts'
import type { Stage } from './stage.ts'

/**
 * Says where the portal shows the VMs, until somebody interrupts. An address is good once and for a minute: a line
 * typed brings another.
 */
export async function servePortal(
  { plane, authority }: Pick<Stage, 'plane' | 'authority'>,
  isKept: boolean,
  interrupted: AbortSignal,
): Promise<void> {
  if (interrupted.aborted) return
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const sayAddress = async () => say(`  ${await plane.portalAddress()}`)
  say('Look at the VMs in a browser, signed in by this address (once, within a minute):')
  await sayAddress()
  say(`Its certificate is this run's own: a browser asks about it, unless it is told to trust
  ${shownPath(authority)}
Enter brings another address. Ctrl-C ends ${isKept ? 'the service; the VMs stay' : 'it, and removes the VMs'}.`)
  // No terminal of its own: Ctrl-C stays a signal.
  const typed = createInterface({ input: process.stdin, terminal: false })
  typed.on('line', () => void sayAddress().catch((error) => say(error.message)))
  if (!interrupted.aborted) await once(interrupted, 'abort')
  typed.close()
  if (!isKept) say('removing the VMs')
}
