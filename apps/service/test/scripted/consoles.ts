import { PassThrough } from 'node:stream'
import { ArmError } from '@trusted-launch/api'
import type { ConsoleDriver } from '../../src/domain/host/consoles.ts'
import type { Deeds } from './state.ts'

/** Consoles that the script has the ends of. */
export const consoles: Deeds<ConsoleDriver> = {
  async console() {
    return 'Linux version 0.0.0\n'
  },

  async openConsole(id) {
    await this.begin('openConsole', id)
    return this.script.serial?.(id) ?? new PassThrough()
  },

  async openScreen(id) {
    await this.begin('openScreen', id)
    const screen = this.script.screen?.(id)
    if (screen !== undefined) return screen
    throw new ArmError({ status: 409, code: 'ScreenNotThere', message: 'it has no screen' })
  },

  async screenshot() {
    return null
  },
}
