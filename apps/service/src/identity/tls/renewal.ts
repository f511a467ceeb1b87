import type { Server } from 'node:https'
import type { Logger } from 'pino'
import { type ServerCertificate, serverCertificate } from './certificates.ts'

const LOOK_MS = 6 * 3_600_000

/** The certificate that a service shows, made anew while it runs before the former one ends. */
export class TlsCertificate {
  current: ServerCertificate
  readonly #make: () => Promise<ServerCertificate>
  readonly #log: Logger
  #timer: NodeJS.Timeout | null = null

  private constructor(
    first: ServerCertificate,
    make: () => Promise<ServerCertificate>,
    log: Logger,
  ) {
    this.current = first
    this.#make = make
    this.#log = log
  }

  /** As `serverCertificate`, at each moment of the clock. */
  static async open(
    folder: string,
    names: readonly string[],
    now: () => number,
    log: Logger,
  ): Promise<TlsCertificate> {
    const make = () => serverCertificate(folder, names, now())
    return new TlsCertificate(await make(), make, log)
  }

  /** Looks four times a day, until closed. Connections that are open stay as they are. */
  renewFor(server: Pick<Server, 'setSecureContext'>): void {
    this.#timer = setInterval(() => {
      this.renew(server).catch((err) =>
        this.#log.error({ err }, 'the certificate cannot be renewed'),
      )
    }, LOOK_MS)
    this.#timer.unref()
  }

  /** @returns whether another is shown from now on. */
  async renew(server: Pick<Server, 'setSecureContext'>): Promise<boolean> {
    const made = await this.#make()
    if (made.cert === this.current.cert) return false
    this.current = made
    server.setSecureContext(made)
    this.#log.info('another certificate is shown from now on')
    return true
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }
}
