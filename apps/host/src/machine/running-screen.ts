import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { FILES } from '../qemu-args.ts'
import { MachineError } from './errors.ts'
import type { SocketFolder } from './socket-folder.ts'

/** Who looks at the screen of a VM while it runs. */
export class RunningScreen {
  readonly #sockets: SocketFolder
  readonly #open = new Set<Socket>()

  constructor(sockets: SocketFolder) {
    this.#sockets = sockets
  }

  /**
   * A connection to QEMU's own VNC server: RFB, without a password.
   * @throws {MachineError} `machine-no-screen`: its QEMU was started without one.
   * @see RFC 6143
   */
  open(): Promise<Duplex> {
    const path = this.#sockets.path(FILES.screen)
    return new Promise((resolve, reject) => {
      const socket = connect({ path })
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
      socket.once('connect', () => resolve(socket))
      socket.on('error', () => {
        // After it was opened it closes, which is told.
        reject(new MachineError('machine-no-screen', 'the VM was started without a screen'))
      })
    })
  }

  /** The VM is let go. */
  close(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
