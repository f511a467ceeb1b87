import type { Duplex } from 'node:stream'
import type { ConsoleDriver } from '../../domain/host/consoles.ts'
import type { Line, Viewer } from './line.ts'

/** So much that was typed waits for a guest that does not read; what is beyond is left out. */
const TYPED_MAX = 65_536

interface Shared {
  readonly stream: Duplex
  readonly viewers: Set<Viewer>
  waiting: number
}

/**
 * The serial ports that somebody looks at. A VM has one, and all who look share it: each sees what it prints, and what
 * anybody types. Who comes sees the end of what was printed before.
 */
export class SerialLines {
  readonly #driver: Pick<ConsoleDriver, 'console' | 'openConsole'>
  readonly #byMachine = new Map<string, Promise<Shared>>()

  constructor(driver: Pick<ConsoleDriver, 'console' | 'openConsole'>) {
    this.#driver = driver
  }

  /** @throws {ArmError} */
  async join(machine: string, { show, ended }: Viewer): Promise<Line> {
    const shared = await this.#shared(machine)
    const { stream, viewers } = shared
    // What is printed until then is in what was printed before.
    let isShown = false
    const viewer = { show: (bytes: Uint8Array) => !isShown || show(bytes), ended }
    viewers.add(viewer)
    const leave = () => {
      viewers.delete(viewer)
      if (viewers.size === 0) stream.destroy()
    }
    try {
      const before = await this.#driver.console(machine)
      show(new Uint8Array(Buffer.from(before ?? '', 'latin1')))
      isShown = true
    } catch (error) {
      leave()
      throw error
    }
    if (stream.destroyed) ended()
    return { type: (bytes) => type(shared, bytes), more() {}, leave }
  }

  async #shared(machine: string): Promise<Shared> {
    const known = this.#byMachine.get(machine)
    if (known === undefined) return this.#opened(machine)
    const shared = await known
    if (!shared.stream.destroyed) return shared
    if (this.#byMachine.get(machine) === known) this.#byMachine.delete(machine)
    return this.#shared(machine)
  }

  #opened(machine: string): Promise<Shared> {
    const opened = this.#open(machine)
    this.#byMachine.set(machine, opened)
    const forget = () => {
      if (this.#byMachine.get(machine) === opened) this.#byMachine.delete(machine)
    }
    opened.then(({ stream }) => stream.once('close', forget), forget)
    return opened
  }

  async #open(machine: string): Promise<Shared> {
    const stream = await this.#driver.openConsole(machine)
    const viewers = new Set<Viewer>()
    stream.on('data', (bytes: Uint8Array) => {
      for (const { show } of viewers) show(bytes)
    })
    stream.on('error', () => {}) // it closes
    stream.once('close', () => {
      for (const { ended } of viewers) ended()
    })
    return { stream, viewers, waiting: 0 }
  }
}

function type(shared: Shared, bytes: Uint8Array): boolean {
  if (shared.waiting + bytes.length > TYPED_MAX) return false
  shared.waiting += bytes.length
  shared.stream.write(bytes, () => {
    shared.waiting -= bytes.length
  })
  return true
}
