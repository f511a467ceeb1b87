import type { ConsoleDriver } from '../../domain/host/consoles.ts'
import type { Line, Viewer } from './line.ts'
import { ScreenInput } from './screen-input.ts'

/** So much waits for a QEMU that does not read; it is given up then. */
const INPUT_MAX = 262_144

/**
 * A connection to a VM's screen, of one viewer: QEMU tells each what it needs to see. One who is slow is waited for.
 * @throws {ArmError}
 */
export async function joinScreen(
  driver: Pick<ConsoleDriver, 'openScreen'>,
  machine: string,
  mayType: boolean,
  { show, ended }: Viewer,
): Promise<Line> {
  const stream = await driver.openScreen(machine)
  const input = new ScreenInput(mayType)
  stream.on('data', (bytes: Uint8Array) => {
    if (!show(bytes)) stream.pause()
  })
  stream.on('error', () => {}) // it closes
  stream.once('close', ended)
  return {
    type(bytes) {
      const passed = input.take(bytes)
      if (stream.writableLength + passed.length > INPUT_MAX) return false
      if (passed.length > 0) stream.write(passed)
      return true
    },
    more: () => stream.resume(),
    leave: () => stream.destroy(),
  }
}
