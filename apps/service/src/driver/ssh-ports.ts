import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Host } from '@trusted-launch/host'

/** Below it are services of the system; a VM's port is above. */
const PORT_MIN = 10_000
const PORT_MAX = 65_535
const TRIES_MAX = 200
/** Where the kernel takes ports for connections from, if nobody set another: ip-sysctl(7). */
const EPHEMERAL = [32_768, 60_999] as const

/**
 * The ports of the host's loopback that lead to VMs' SSH. A VM keeps its port while it is stopped, so ports are
 * chosen where the kernel takes none for connections of its own.
 */
export class SshPorts {
  /** Of VMs that are not made yet. */
  readonly #promised = new Map<string, number>()
  readonly #ephemeral: readonly [number, number]

  constructor(ephemeral = ephemeralPorts()) {
    this.#ephemeral = ephemeral
  }

  /**
   * Of a stopped VM: `kept`, where nobody listens there and it is no other's; else a new one.
   * @param others the ports of the other VMs there are.
   */
  async portFor(id: string, kept: number | null, others: ReadonlySet<number>): Promise<number> {
    this.#promised.delete(id)
    const taken = new Set([...others, ...this.#promised.values()])
    const isFree = async (port: number) => !taken.has(port) && (await isUnheard(port))
    const port = kept !== null && (await isFree(kept)) ? kept : await this.#another(isFree)
    this.#promised.set(id, port)
    return port
  }

  /** The VM is gone. */
  forget(id: string): void {
    this.#promised.delete(id)
  }

  async #another(isFree: (port: number) => Promise<boolean>): Promise<number> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const port = this.#anyPort()
      if (await isFree(port)) return port
    }
    throw new Error(`no port is free for a VM's SSH: ${TRIES_MAX} were tried`)
  }

  #anyPort(): number {
    const [first, last] = this.#ephemeral
    const below = Math.max(0, Math.min(first, PORT_MAX + 1) - PORT_MIN)
    const above = Math.max(0, PORT_MAX - Math.max(last, PORT_MIN - 1))
    const at = Math.floor(Math.random() * (below + above || PORT_MAX - PORT_MIN + 1))
    // The kernel may take any port at all: then there is none to prefer.
    return below + above === 0 || at < below ? PORT_MIN + at : PORT_MAX - (at - below)
  }
}

/** The ports of the host's loopback that lead to other VMs than this. */
export function portsOfOthers(host: Host, id: string): ReadonlySet<number> {
  const others = host.machines().filter((machine) => machine.id !== id)
  const alone = others.flatMap(({ spec }) =>
    spec.network?.kind === 'user' ? spec.network.forwards : [],
  )
  const parts = host.networks.plans().flatMap(({ interfaces }) => interfaces)
  const led = parts.filter(({ machine }) => machine !== id).flatMap(({ forwards }) => forwards)
  return new Set([...alone, ...led].map(({ hostPort }) => hostPort))
}

/** Linux's net.ipv4.ip_local_port_range, both ends included. */
function ephemeralPorts(): readonly [number, number] {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    const [first = Number.NaN, last = Number.NaN] = text.trim().split(/\s+/).map(Number)
    return Number.isInteger(first) && Number.isInteger(last) ? [first, last] : EPHEMERAL
  } catch {
    return EPHEMERAL
  }
}

function isUnheard(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
