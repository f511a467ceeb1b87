import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type HostDriver,
  openService,
  type Service,
  type ServiceOptions,
} from '@trusted-launch/service'
import pino from 'pino'
import { TestService } from '../../apps/service/test/a-service.ts'
import { atEnd, BOOT_MS } from './machines.ts'

/** A whole service on this machine's own host, and the host behind it; it may go, and come again later. */
export class RealService {
  readonly data = mkdtempSync(join(tmpdir(), 'tl-real-service-'))
  /** Who asks the service that is open. */
  client!: TestService
  host!: HostDriver
  readonly #options: Partial<ServiceOptions>
  #service: Service | null = null

  private constructor(options: Partial<ServiceOptions>) {
    this.#options = options
  }

  static async open(t: TestContext, options: Partial<ServiceOptions> = {}): Promise<RealService> {
    const made = new RealService(options)
    atEnd(t, () => rmSync(made.data, { recursive: true, force: true }))
    atEnd(t, async () => {
      await made.open()
      for (const id of await made.host.machines()) await made.host.delete(id)
      await made.close()
    })
    await made.open()
    return made
  }

  /** Nothing happens when it is open. */
  async open(): Promise<void> {
    if (this.#service !== null) return
    const service = await openService({
      ...{ data: this.data, publicNames: [], location: 'local' },
      listen: { host: '127.0.0.1', port: 0 },
      between: (driver) => {
        this.host = driver
        return driver
      },
      log: pino({ level: process.env.TL_TEST_LOG ?? 'silent' }),
      ...this.#options,
    })
    const authority = readFileSync(service.caFile, 'utf8')
    this.#service = service
    this.client = new TestService(service, null as never, authority, this.data)
  }

  /** VMs run on. */
  async close(): Promise<void> {
    await this.#service?.close()
    this.#service = null
  }

  /** Of each verdict on a VM, the newest first, its tier and its findings. */
  async verdicts(vm: string): Promise<string[]> {
    const at = `${vm}/providers/TrustedLaunch/evidence`
    const { status, body } = await this.client.ask('GET', at)
    if (status !== 200) return []
    return body.value.map(({ properties: { tier, findings } }: any) =>
      [tier, ...findings].join(' '),
    )
  }

  /** The properties of each alert. */
  async alerts(): Promise<any[]> {
    const path = `${this.client.subscription}/providers/Microsoft.Security/alerts`
    const { body } = await this.client.ask('GET', path)
    return body.value.map(({ properties }: any) => properties)
  }

  async powerOf(vm: string): Promise<string> {
    const { body } = await this.client.ask('GET', `${vm}/instanceView`)
    return body.statuses.find(({ code }: any) => code.startsWith('PowerState/')).displayStatus
  }

  /** Where the host keeps a machine, and what it has on record of it. */
  folderOf(machine: string): string {
    return join(this.data, 'host/vms', machine)
  }

  recordOf(machine: string): any {
    return JSON.parse(readFileSync(join(this.folderOf(machine), 'machine.json'), 'utf8'))
  }
}

export async function until(what: () => Promise<boolean>, told: string): Promise<void> {
  for (const end = performance.now() + BOOT_MS; !(await what()); await sleep(200))
    assert.ok(performance.now() < end, told)
}
