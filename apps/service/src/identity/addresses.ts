import { isIP } from 'node:net'

/** Where the service listens, and as what it is known. */
export interface Listening {
  /** As it was given: a name or an address; the unspecified one listens everywhere. */
  readonly host: string
  readonly port: number
  /** `name`, or `name:port` where something forwards another port to ours. */
  readonly publicNames: readonly string[]
}

const EVERYWHERE = ['0.0.0.0', '::', '']
const LOCAL = ['127.0.0.1', 'localhost']
const DEFAULT_PORT = 443

/**
 * The names that the service goes by, and no others: what it says of itself begins with one of them, never
 * with what a request claims to have been sent to.
 */
export class Addresses {
  /** `https://name:port`, in lower case, the listening one first. */
  readonly bases: readonly string[]
  readonly #byHost = new Map<string, string>()

  /** @throws {TypeError} a public name that is none. */
  constructor({ host, port, publicNames }: Listening) {
    const own = EVERYWHERE.includes(host) ? LOCAL : [host, ...LOCAL]
    const hosts = [
      ...own.map((name) => `${bracketed(name)}:${port}`),
      ...publicNames.map(hostOf(port)),
    ]
    this.bases = [...new Set(hosts.map((each) => originOf(each)))]
    for (const base of this.bases) {
      const { host: short, hostname, port: given } = new URL(base)
      this.#byHost.set(short, base)
      this.#byHost.set(`${hostname}:${given || DEFAULT_PORT}`, base)
    }
  }

  /** The base that a `Host` header names; null: none of ours. */
  baseOf(host: string | undefined): string | null {
    return this.#byHost.get((host ?? '').toLowerCase()) ?? null
  }

  /** Names and addresses without ports: what a certificate must hold. */
  get names(): readonly string[] {
    const names = this.bases.map((base) => new URL(base).hostname.replace(/^\[|\]$/g, ''))
    return [...new Set(names)]
  }
}

function bracketed(name: string): string {
  return isIP(name) === 6 ? `[${name}]` : name
}

/** A public name with a port: ours, where it has none of its own. */
function hostOf(port: number): (name: string) => string {
  return (name) => {
    if (isIP(name) === 6) return `[${name}]:${port}`
    return /:\d+$/.test(name) ? name : `${name}:${port}`
  }
}

function originOf(host: string): string {
  const url = new URL(`https://${host}`)
  if (url.pathname !== '/' || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError(`'${host}' is not a name or address`)
  return url.origin
}
