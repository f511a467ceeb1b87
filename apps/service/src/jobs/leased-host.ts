import { type HostDriver, HostElsewhere } from '../domain/host-driver.ts'

/**
 * A host that is open while this process holds its lease, and at no other time: two on one host's folders would
 * have its VMs twice.
 */
export class LeasedHost {
  /** Each deed of it fails with {@link HostElsewhere} while the host is not open here. */
  readonly driver: HostDriver
  readonly #open: () => Promise<HostDriver>
  #driver: HostDriver | null = null

  /** `isHeld`: the lease, by the clock: who stood still too long does nothing more. */
  constructor(name: string, isHeld: () => boolean, open: () => Promise<HostDriver>) {
    this.#open = open
    const deed =
      (what: keyof HostDriver) =>
      async (...given: unknown[]) => {
        if (this.#driver === null || !isHeld()) throw new HostElsewhere()
        return (this.#driver[what] as (...given: unknown[]) => unknown)(...given)
      }
    this.driver = new Proxy({} as HostDriver, {
      get: (_, what) => (what === 'name' ? name : deed(what as keyof HostDriver)),
    })
  }

  get isOpen(): boolean {
    return this.#driver !== null
  }

  /** Nothing happens when it is open. @throws {HostError} @throws {StateError} `state-locked`: not let go yet. */
  async open(): Promise<void> {
    this.#driver ??= await this.#open()
  }

  /** VMs run on. */
  async close(): Promise<void> {
    const driver = this.#driver
    this.#driver = null
    await driver?.close()
  }
}
