import { closeSync, lstatSync, openSync } from 'node:fs'
import { MachineError } from './errors.ts'

/**
 * The sockets in a VM's `machine/`, by a descriptor of that folder: paths are short that way. Once closed it
 * names none: another VM's folder may have the same number by then.
 */
export class SocketFolder {
  #descriptor: number | null

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r')
  }

  /**
   * The path of a socket, for this moment only: to be connected to at once.
   * @throws {MachineError} `machine-not-running`: closed. `machine-unreachable`: QEMU's account, whose folder
   * it is, put a link there.
   */
  path(name: string): string {
    if (this.#descriptor === null)
      throw new MachineError('machine-not-running', 'the VM was let go')
    const path = `/proc/self/fd/${this.#descriptor}/${name}`
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path
    throw new MachineError('machine-unreachable', `${name} is a link`)
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor)
    this.#descriptor = null
  }
}
